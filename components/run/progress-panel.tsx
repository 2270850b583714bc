'use client';

import { Text } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { LiveIndicator } from '@/components/live/live-indicator.tsx';
import { useClock } from '@/components/ui/clock.ts';
import { Figure, Figures } from '@/components/ui/figure.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { itemParts, ProgressBar } from '@/components/ui/progress.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { formatBytes, formatCount, formatDuration, NOT_MEASURED, toQuantity } from '@/lib/domain/format.ts';
import type { RunDetail } from '@/lib/domain/run.ts';
import { isOver, itemsEnded, useRun } from './live-run.tsx';
import { addMark, type ProgressMark, progressRate } from './progress-rate.ts';

/** How far the run is: counts by state, rate, what is left and for how long. */
export function ProgressPanel() {
  const run = useRun();
  const over = isOver(run);
  const now = useClock();
  const marks = useMarks(run.id, itemsEnded(run));
  const { counts, settings } = run;
  const rate = over ? null : progressRate(marks, counts.total, mapStartOf(run), now ?? 0);
  const bytesPerItem = counts.total > 0 ? settings.dataBytes / counts.total : 0;
  const counted = [...itemParts(counts), { word: 'pending', count: counts.pending }].filter(({ count }) => count > 0);

  return (
    <Panel title="Progress" action={over ? undefined : <LiveIndicator />}>
      <Figures>
        <Figure label="Items done">
          <Steady>
            {counts.total > 0 ? `${formatCount(counts.succeeded)} of ${formatCount(counts.total)}` : NOT_MEASURED}
          </Steady>
        </Figure>
        <Figure label={over ? 'Took' : 'Elapsed'}>
          <Steady>{over ? formatDuration(elapsedMs(run, now)) : roughly(elapsedMs(run, now))}</Steady>
        </Figure>
        {!over && (
          <>
            <Figure label="Left, about">
              <Steady>{roughly(rate && Math.max(1_000, rate.remainingMs))}</Steady>
            </Figure>
            <Figure label="Recent rate">
              <Steady>{rate ? `${rate.itemsPerSecond.toPrecision(3)} items/s` : NOT_MEASURED}</Steady>
            </Figure>
            <Figure label="Recent throughput">
              <Steady>{toQuantity('bitsPerSecond', rate && rate.itemsPerSecond * bytesPerItem * 8).text}</Steady>
            </Figure>
          </>
        )}
        {over && run.mapWallMs !== null && (
          <>
            <Figure label="Map, wall time">
              <Quantity kind="durationMs" value={run.mapWallMs} />
            </Figure>
            <Figure label="Throughput">
              <Quantity kind="bitsPerSecond" value={run.throughputBps} />
            </Figure>
            <Figure label="Cost at AWS prices">
              <Quantity kind="usd" value={run.costUsd} />
            </Figure>
          </>
        )}
        <Figure label="Data done">
          {formatBytes(counts.succeeded * bytesPerItem)} of {formatBytes(settings.dataBytes)}
        </Figure>
      </Figures>
      <div style={{ margin: '12px 0 4px' }}>
        <ProgressBar
          parts={itemParts(counts)}
          total={counts.total}
          noun="item"
          label="Progress of the run"
          height={10}
        />
      </div>
      <Text size="xs" c="dimmed">
        {counted.map(({ word, count }) => `${formatCount(count)} ${word}`).join(', ') || waitingFor(run)}
      </Text>
    </Panel>
  );
}

/** Numbers that change all the time must not push their neighbours about. */
function Steady({ children }: { children: ReactNode }) {
  return <span style={{ display: 'inline-block', minWidth: '6.5em' }}>{children}</span>;
}

/** Whole seconds: what counts on, or is guessed, has no tenths. */
function roughly(ms: number | null): string {
  return ms !== null && ms < 100_000 ? `${Math.round(ms / 1_000)} s` : formatDuration(ms);
}

function waitingFor({ status }: RunDetail): string {
  if (status === 'QUEUED') return 'Waiting for its turn.';
  return status === 'RUNNING' ? 'The partitions are being listed.' : 'No item was started.';
}

/** What was seen of this run's progress since the page was opened. */
function useMarks(runId: string, done: number): ProgressMark[] {
  const [marks, setMarks] = useState<{ runId: string; list: ProgressMark[] }>({ runId, list: [] });
  useEffect(() => {
    const mark = { atMs: Date.now(), done };
    setMarks((before) => ({ runId, list: addMark(before.runId === runId ? before.list : [], mark) }));
  }, [runId, done]);
  return marks.list;
}

/** When the state that holds the items was entered. */
function mapStartOf({ states }: RunDetail): number | null {
  const entered = states.Infer?.enteredAt;
  return entered ? Date.parse(entered) : null;
}

function elapsedMs({ startedAt, stoppedAt, durationMs }: RunDetail, now: number | null): number | null {
  if (durationMs !== null) return durationMs;
  if (!startedAt) return null;
  if (stoppedAt) return Date.parse(stoppedAt) - Date.parse(startedAt);
  return now === null ? null : Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1_000) * 1_000);
}
