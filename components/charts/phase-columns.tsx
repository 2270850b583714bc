'use client';

import { type PointerEvent, useState } from 'react';
import { formatCount, formatDuration, plural } from '@/lib/domain/format.ts';
import type { PhaseGroup } from '@/lib/domain/phase-groups.ts';
import { phaseNames } from '@/lib/domain/phases.ts';
import { axisNumber, valueAxis } from './axis.ts';
import { rowsCsv } from './csv.ts';
import { DownloadButton } from './download-button.tsx';
import classes from './phase-columns.module.css';

interface Props {
  groups: PhaseGroup[];
  labels: Record<(typeof phaseNames)[number], string>;
  /** Class that defines the colours `--phase-<name>`. */
  palette: string | undefined;
  fileName: string;
}

/** The billed time of each item as a column of its phases, in the order of the items. */
export function PhaseColumns({ groups, labels, palette, fileName }: Props) {
  const [at, setAt] = useState<number | null>(null);
  const totals = groups.map(({ phasesMs }) => phaseNames.reduce((sum, name) => sum + phasesMs[name], 0));
  const axis = valueAxis('durationMs', [0, ...totals], false);
  const topMs = (axis.ticks.at(-1) ?? 1) / axis.factor;
  const title = groups.some(({ items }) => items > 1)
    ? 'Billed time by item, mean of neighbours'
    : 'Billed time by item';
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * groups.length);
    setAt(index >= 0 && index < groups.length ? index : null);
  };
  const csv = () =>
    rowsCsv([
      ['first_item', 'last_item', 'cold_starts', ...phaseNames.map((name) => `${name}_ms`)],
      ...groups.map(({ from, to, cold, phasesMs }) => [from, to, cold, ...phaseNames.map((name) => phasesMs[name])]),
    ]);
  const pointed = at === null ? undefined : groups[at];
  return (
    <figure className={`${classes.figure} ${palette ?? ''}`} aria-label={title}>
      <div className={classes.head}>
        <h3 className={classes.title}>{title}</h3>
        <DownloadButton what={title} fileName={`${fileName}.csv`} content={csv} />
      </div>
      <div className={classes.yLabel}>Billed ({axis.unit})</div>
      <div className={classes.plot} onPointerMove={point} onPointerLeave={() => setAt(null)}>
        <svg
          className={classes.bars}
          viewBox={`0 0 ${groups.length} 1`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${plural(groups.length, 'column')}, up to ${formatDuration(Math.max(0, ...totals))}`}
        >
          {axis.ticks.map((tick) => {
            const y = 1 - tick / axis.factor / topMs;
            return <line key={tick} x1={0} x2={groups.length} y1={y} y2={y} vectorEffect="non-scaling-stroke" />;
          })}
          {at !== null && <rect className={classes.pointed} x={at} width={1} y={0} height={1} />}
          {groups.map(({ from, phasesMs }, index) => {
            let below = 0;
            return (
              <g key={from}>
                {phaseNames.map((name) => {
                  const share = phasesMs[name] / topMs;
                  below += share;
                  return (
                    <rect
                      key={name}
                      x={index + 0.06}
                      width={0.88}
                      y={1 - below}
                      height={share}
                      style={{ fill: `var(--phase-${name})` }}
                    />
                  );
                })}
              </g>
            );
          })}
        </svg>
        {axis.ticks.map((tick) => (
          <span
            key={tick}
            className={classes.yTick}
            style={{ bottom: `${(tick / axis.factor / topMs) * 100}%` }}
            aria-hidden="true"
          >
            {axisNumber(tick)}
          </span>
        ))}
        <span className={classes.xTick} aria-hidden="true">
          item {formatCount(groups[0]?.from ?? 0)}
        </span>
        {groups.length > 1 && (
          <span className={classes.xTick} data-end="true" aria-hidden="true">
            item {formatCount(groups.at(-1)?.to ?? 0)}
          </span>
        )}
      </div>
      <figcaption className={classes.readout}>
        {pointed ? readout(pointed, labels) : 'Point at a column to read it.'}
      </figcaption>
    </figure>
  );
}

function readout({ from, to, items, cold, phasesMs }: PhaseGroup, labels: Props['labels']): string {
  const total = phaseNames.reduce((sum, name) => sum + phasesMs[name], 0);
  const who =
    items === 1 ? `Item ${formatCount(from)}` : `Items ${formatCount(from)} to ${formatCount(to)}, mean of ${items}`;
  const start =
    items === 1 ? (cold ? ', cold start' : ', warm') : cold > 0 ? `, ${plural(cold, 'cold start')}` : ', all warm';
  const parts = phaseNames
    .filter((name) => phasesMs[name] > 0)
    .map((name) => `${labels[name].toLowerCase()} ${formatDuration(phasesMs[name])}`);
  return `${who}${start}: ${formatDuration(total)} billed — ${parts.join(', ')}`;
}
