'use client';

import { SegmentedControl, Skeleton, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { statusLook } from '@/components/ui/status.tsx';
import { formatDuration } from '@/lib/domain/format.ts';
import type { ItemStatus, RunItemRow } from '@/lib/domain/run.ts';
import { median } from '@/lib/domain/statistics.ts';
import { durationColor, statusColor, useCanvasColors } from './grid-colors.ts';
import { cellAt, gridGeometry, moveCell } from './grid-geometry.ts';
import { GridLegend } from './grid-legend.tsx';
import { isOver, itemsEnded, useRun } from './live-run.tsx';
import { useOpenItem } from './open-item.ts';
import classes from './partition-grid.module.css';
import { useResource, useThrottled } from './use-resource.ts';

interface Cell {
  rank: number;
  status: ItemStatus;
  durationMs: number | null;
}

/** One cell per item, by rank, on a canvas: 10,000 cost no more than ten. */
export function PartitionGrid() {
  const run = useRun();
  const { open } = useOpenItem();
  const [colorBy, setColorBy] = useState<'status' | 'duration'>('status');
  const { ref: box, width } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [focused, setFocused] = useState(false);
  const hint = useId();

  const every = run.counts.total > 2_000 ? 3_000 : 1_000;
  const revision = useThrottled(`${run.status} ${itemsEnded(run)} ${run.counts.running}`, every);
  const { data, error } = useResource<Cell[]>(`/api/runs/${encodeURIComponent(run.id)}/grid`, revision);
  const cells = data ?? [];
  const medianMs = useMemo(() => {
    const known = cells.flatMap(({ status, durationMs }) => (status === 'SUCCEEDED' && durationMs ? [durationMs] : []));
    return known.length > 0 ? median(known) : null;
  }, [cells]);

  const geometry = useMemo(() => gridGeometry(cells.length, width), [cells.length, width]);
  const colors = useCanvasColors();
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = Math.max(1, Math.round(width * ratio));
    canvas.current.height = Math.max(1, Math.round(geometry.heightPx * ratio));
    context.scale(ratio, ratio);
    const { columns, cellPx, pitchPx } = geometry;
    cells.forEach((cell, index) => {
      context.fillStyle = colors(colorBy === 'duration' ? durationColor(cell, medianMs) : statusColor(cell.status));
      const x = (index % columns) * pitchPx;
      const y = Math.floor(index / columns) * pitchPx;
      context.fillRect(x, y, cellPx, cellPx);
      if (index === cursor) {
        context.strokeStyle = colors('--mantine-color-text');
        context.lineWidth = 2;
        context.strokeRect(x - 0.5, y - 0.5, cellPx + 1, cellPx + 1);
      }
    });
  }, [cells, colorBy, colors, cursor, geometry, medianMs, width]);

  const under = (event: PointerEvent<HTMLCanvasElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return cellAt(geometry, cells.length, event.clientX - left, event.clientY - top);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = cursor ?? 0;
    const cell = cells[at];
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (cell) open(cell.rank);
      return;
    }
    const moved = moveCell(geometry, cells.length, at, event.key);
    if (moved === at && !event.key.startsWith('Arrow')) return;
    event.preventDefault();
    setCursor(moved);
  };
  const cell = cursor === null ? undefined : cells[cursor];

  if (error && cells.length === 0) return <ErrorPanel title="The partitions could not be read">{error}</ErrorPanel>;
  if (!data) return <Skeleton height={120} role="status" aria-label="Reading the partitions" />;
  if (cells.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {isOver(run) ? 'No partition was started in this run.' : 'The partitions are listed once Initialize has run.'}
      </Text>
    );
  return (
    <div>
      <div className={classes.bar}>
        <SegmentedControl
          size="xs"
          value={colorBy}
          onChange={(value) => setColorBy(value === 'duration' ? 'duration' : 'status')}
          data={[
            { value: 'status', label: 'Colour by state' },
            { value: 'duration', label: 'Colour by duration' },
          ]}
          aria-label="Colour of the cells"
        />
        <GridLegend colorBy={colorBy} medianMs={medianMs} />
      </div>
      <div ref={box} className={classes.box}>
        {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: 10,000 cells can only be drawn on a canvas; its keys are described below, and the table says the same */}
        <canvas
          ref={canvas}
          className={classes.canvas}
          style={{ height: geometry.heightPx }}
          role="application"
          tabIndex={0}
          aria-label={`Grid of ${cells.length.toLocaleString('en-US')} items`}
          aria-describedby={hint}
          onPointerMove={(event) => setCursor(under(event))}
          onPointerLeave={() => setCursor(focused ? cursor : null)}
          onFocus={() => {
            setFocused(true);
            setCursor((before) => before ?? 0);
          }}
          onBlur={() => {
            setFocused(false);
            setCursor(null);
          }}
          onClick={() => {
            if (cell) open(cell.rank);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className={classes.readout} aria-live="polite" id={hint}>
        {cell ? (
          <CellText runId={run.id} cell={cell} medianMs={medianMs} />
        ) : (
          'One cell per item, in order of rank. Point at a cell for its file; click it, or move with the arrow keys and press Enter, for its log.'
        )}
      </div>
    </div>
  );
}

/** What the pointed-at cell is; its file's key arrives a moment later. */
function CellText({ runId, cell, medianMs }: { runId: string; cell: Cell; medianMs: number | null }) {
  const rank = useThrottled(cell.rank, 150);
  const url = `/api/runs/${encodeURIComponent(runId)}/items?page=${rank + 1}&pageSize=1`;
  const { data } = useResource<{ rows: RunItemRow[] }>(url);
  const item = data?.rows.find((row) => row.rank === cell.rank);
  const ratio = cell.durationMs !== null && medianMs ? cell.durationMs / medianMs : null;
  return (
    <>
      <strong>Item {cell.rank}</strong> · {statusLook[cell.status].word}
      {cell.durationMs !== null && ` · ${formatDuration(cell.durationMs)}`}
      {ratio !== null && cell.status === 'SUCCEEDED' && ` (${ratio.toFixed(1)} × median)`}
      {item && (
        <>
          {' · '}
          <code className={classes.key}>
            {item.keys.length > 1 ? `${item.keys[0]} and ${item.keys.length - 1} more` : item.keys[0]}
          </code>
        </>
      )}
    </>
  );
}
