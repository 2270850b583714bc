'use client';

import { useComputedColorScheme } from '@mantine/core';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { plural } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { axisNumber, axisTicks } from './axis.ts';
import { css, logShare, viridis } from './color-scale.ts';
import { rowsCsv } from './csv.ts';
import classes from './density-map.module.css';
import { DownloadButton } from './download-button.tsx';

interface Props {
  density: PredictionMetrics['density'];
  /** Name of the predicted quantity with its unit. */
  quantity: string;
  truth: string;
  fileName: string;
}

/** Predicted against true as counts on a grid: any number of samples costs the same to draw. */
export function DensityMap({ density, quantity, truth, fileName }: Props) {
  const { bins, range, counts, outside = 0 } = density;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<{ column: number; row: number } | null>(null);
  const light = useComputedColorScheme('light') === 'light';
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(bins, bins);
    counts.forEach((count, index) => {
      if (count === 0) return;
      const column = index % bins;
      const row = bins - 1 - Math.floor(index / bins);
      const color = viridis(logShare(count, largest), light);
      image.data.set([...color, 255], (row * bins + column) * 4);
    });
    context.putImageData(image, 0, 0);
  }, [bins, counts, largest, light]);

  const low = range[0];
  const high = range[1];
  const step = (high - low) / bins;
  const ticks = axisTicks(low, high, step);
  const longest = ticks.reduce((most, { text }) => Math.max(most, text.length), 0);
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * bins);
    const row = Math.floor(((box.bottom - event.clientY) / box.height) * bins);
    setAt(column >= 0 && column < bins && row >= 0 && row < bins ? { column, row } : null);
  };
  const cells = () =>
    rowsCsv([
      ['true_from', 'true_to', 'predicted_from', 'predicted_to', 'samples'],
      ...counts.flatMap((count, index) => {
        const [x, y] = [index % bins, Math.floor(index / bins)];
        return count > 0 ? [[low + x * step, low + (x + 1) * step, low + y * step, low + (y + 1) * step, count]] : [];
      }),
    ]);
  const beside = outside > 0 ? ` ${plural(outside, 'sample')} ${outside === 1 ? 'lies' : 'lie'} beside the plot.` : '';
  const binText = (bin: number) =>
    `${axisNumber(low + bin * step, step)} to ${axisNumber(low + (bin + 1) * step, step)}`;

  return (
    <figure className={classes.figure} aria-label="Predicted against true">
      <div className={classes.head}>
        <h4 className={classes.title}>Predicted against true</h4>
        <DownloadButton what={`Predicted against true ${quantity}`} fileName={`${fileName}.csv`} content={cells} />
      </div>
      <div className={classes.yLabel}>Predicted {quantity}</div>
      <div
        className={classes.plot}
        style={{ marginLeft: `max(40px, calc(${longest}ch + 8px))` }}
        onPointerMove={point}
        onPointerLeave={() => setAt(null)}
      >
        <canvas
          ref={canvas}
          width={bins}
          height={bins}
          className={classes.canvas}
          role="img"
          aria-label={`Density of predicted against true ${quantity}, ${axisNumber(low, step)} to ${axisNumber(high, step)}. The closer to the diagonal the better.`}
        />
        <svg className={classes.diagonal} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <line x1="0" y1="100" x2="100" y2="0" vectorEffect="non-scaling-stroke" />
        </svg>
        {ticks.map(({ at: place, text }) => (
          <span key={`x${place}`} className={classes.xTick} style={{ left: `${place * 100}%` }} aria-hidden="true">
            {text}
          </span>
        ))}
        {ticks.map(({ at: place, text }) => (
          <span key={`y${place}`} className={classes.yTick} style={{ bottom: `${place * 100}%` }} aria-hidden="true">
            {text}
          </span>
        ))}
      </div>
      <div className={classes.xLabel}>True {truth}</div>
      <figcaption className={classes.caption}>
        <span className={classes.scale} aria-hidden="true">
          1
          <i
            style={{
              background: `linear-gradient(to right, ${[0.1, 0.4, 0.7, 1].map((share) => css(viridis(share, light))).join(',')})`,
            }}
          />
          {plural(largest, 'sample')} per cell, log scale
        </span>
        <span className={classes.readout}>
          {at
            ? `True ${binText(at.column)}, predicted ${binText(at.row)}: ${plural(counts[at.row * bins + at.column] ?? 0, 'sample')}`
            : `Dashed: predicted = true.${beside}`}
        </span>
      </figcaption>
    </figure>
  );
}
