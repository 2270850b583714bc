'use client';

import { Button, Group } from '@mantine/core';
import { type PointerEvent, useState } from 'react';
import { plural } from '@/lib/domain/format.ts';
import { axisNumber, countTicks, type Tick } from './axis.ts';
import { rowsCsv } from './csv.ts';
import { DownloadButton } from './download-button.tsx';
import classes from './histogram.module.css';

/** One bar: a bin of a quantity, or a label. */
export interface Bar {
  /** `0.1 to 0.12`, or the label. */
  name: string;
  count: number;
}

interface Props {
  title: string;
  /** What is counted along x, with its unit. */
  quantity: string;
  bars: Bar[];
  /** The same as rows of a table, head first, for the download. */
  rows: (string | number)[][];
  /** Marks of the x axis. */
  ticks: Tick[];
  /** Below the plot while no bar is pointed at. */
  note: string;
  fileName: string;
}

/** How often which values occur: bars side by side, on a linear or a log scale. */
export function Histogram({ title, quantity, bars, rows, ticks, note, fileName }: Props) {
  const [log, setLog] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  const yTicks = countTicks(
    bars.reduce((most, { count }) => Math.max(most, count), 0),
    log,
  );
  const top = yTicks.at(-1) ?? 1;
  // On a log scale a bar begins at one half, so that a count of one is seen.
  const height = (count: number) => {
    if (!log) return count / top;
    return count === 0 ? 0 : Math.log(count * 2) / Math.log(top * 2);
  };
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    setAt(index >= 0 && index < bars.length ? index : null);
  };
  const pointed = at === null ? undefined : bars[at];
  return (
    <figure className={classes.figure} aria-label={title}>
      <div className={classes.head}>
        <h4 className={classes.title}>{title}</h4>
        <Group gap={2} wrap="nowrap">
          <Button
            size="compact-xs"
            variant={log ? 'light' : 'subtle'}
            color={log ? undefined : 'gray'}
            aria-pressed={log}
            aria-label={`Log scale: ${title}`}
            onClick={() => setLog(!log)}
          >
            log
          </Button>
          <DownloadButton what={title} fileName={`${fileName}.csv`} content={() => rowsCsv(rows)} />
        </Group>
      </div>
      <div className={classes.yLabel}>Samples{log ? ', log' : ''}</div>
      <div className={classes.plot} onPointerMove={point} onPointerLeave={() => setAt(null)}>
        <svg
          className={classes.bars}
          viewBox={`0 0 ${bars.length} 1`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${summary(bars)}`}
        >
          {yTicks.map((tick) => (
            <line
              key={tick}
              x1={0}
              x2={bars.length}
              y1={1 - height(tick)}
              y2={1 - height(tick)}
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {bars.map(({ name, count }, index) => (
            <rect
              key={name}
              x={index + 0.04}
              width={0.92}
              y={1 - height(count)}
              height={height(count)}
              data-at={index === at}
            />
          ))}
        </svg>
        {yTicks.map((tick) => (
          <span key={tick} className={classes.yTick} style={{ bottom: `${height(tick) * 100}%` }} aria-hidden="true">
            {axisNumber(tick)}
          </span>
        ))}
        {ticks.map(({ at: place, text }) => (
          <span key={text} className={classes.xTick} style={{ left: `${place * 100}%` }} aria-hidden="true">
            {text}
          </span>
        ))}
      </div>
      <div className={classes.xLabel}>{quantity}</div>
      <figcaption className={classes.readout}>
        {pointed ? `${pointed.name}: ${plural(pointed.count, 'sample')} (${percent(pointed.count, total)})` : note}
      </figcaption>
    </figure>
  );
}

function summary(bars: Bar[]): string {
  const most = bars.reduce((best, bar) => (bar.count > best.count ? bar : best), { name: '', count: -1 });
  return `${bars.length} bars; most samples at ${most.name}, ${most.count.toLocaleString('en-US')}`;
}

const percent = (count: number, total: number) => `${((100 * count) / Math.max(1, total)).toFixed(1)} %`;
