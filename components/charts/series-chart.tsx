'use client';

import { useMemo } from 'react';
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Series, SeriesPoint } from '@/lib/domain/series.ts';
import { type Axis, axisNumber } from './axis.ts';
import classes from './chart.module.css';
import { Marker, seriesColor } from './marker.tsx';
import { PickArea } from './pick-area.tsx';
import { SeriesMarks } from './series-marks.tsx';

interface Props {
  /** Visible series only. */
  series: Series[];
  /** Colour and shape of a series, so that they stay the same when others are switched off. */
  styleOf: (key: string) => number;
  x: Axis;
  y: Axis;
  xLabel: string;
  yLabel: string;
  label: string;
  onPick: (x: number) => void;
}

/** Lines through the means, with error bars and every single run. Up to about a thousand marks. */
export function SeriesChart({ series, styleOf, x, y, xLabel, yLabel, label, onPick }: Props) {
  const rows = useMemo(() => toRows(series, x.factor, y.factor), [series, x.factor, y.factor]);
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 480, height: 280 }}>
      <LineChart data={rows} margin={{ top: 8, right: 16, bottom: 22, left: 14 }} title={label}>
        <CartesianGrid vertical={false} />
        <XAxis
          dataKey="x"
          type="number"
          scale={x.scale}
          domain={x.domain}
          ticks={x.ticks}
          allowDataOverflow
          tickFormatter={axisNumber}
          interval="equidistantPreserveStart"
          label={{ value: xLabel, position: 'insideBottom', offset: -14, className: classes.axisLabel }}
        />
        <YAxis
          type="number"
          scale={y.scale}
          domain={y.domain}
          ticks={y.ticks}
          allowDataOverflow
          tickFormatter={axisNumber}
          width={56}
          interval={0}
          label={{
            value: yLabel,
            angle: -90,
            position: 'insideLeft',
            offset: 0,
            className: classes.axisLabel,
            style: { textAnchor: 'middle' },
          }}
        />
        <Tooltip
          isAnimationActive={false}
          position={{ y: 0 }}
          allowEscapeViewBox={{ x: false, y: true }}
          wrapperStyle={{ zIndex: 5 }}
          cursor={{ stroke: 'var(--mantine-color-dimmed)', strokeDasharray: '3 3' }}
          content={({ active, label: at }) =>
            active && at !== undefined ? <Tip at={Number(at)} series={series} styleOf={styleOf} x={x} y={y} /> : null
          }
        />
        {series.map(({ key, label: name }) => (
          <Line
            key={key}
            dataKey={key}
            name={name}
            stroke={seriesColor(styleOf(key))}
            strokeWidth={1.75}
            dot={false}
            activeDot={false}
            connectNulls
            isAnimationActive={false}
          />
        ))}
        <SeriesMarks series={series} styleOf={styleOf} x={x} y={y} />
        <PickArea onPick={(at) => onPick(at / x.factor)} />
      </LineChart>
    </ResponsiveContainer>
  );
}

/** What the chart shows at one x: per series n, mean and interval. */
function Tip({
  at,
  series,
  styleOf,
  x,
  y,
}: {
  at: number;
  series: Series[];
  styleOf: Props['styleOf'];
  x: Axis;
  y: Axis;
}) {
  const here = series.flatMap((line) => {
    const point = line.points.find((candidate) => isAt(candidate, at, x.factor));
    return point ? [{ line, point }] : [];
  });
  return (
    <div className={classes.tip}>
      <strong>
        {axisNumber(at)} {x.unit}
      </strong>
      <table>
        <tbody>
          {here.map(({ line, point }) => (
            <tr key={line.key}>
              <th scope="row">
                <svg width="12" height="12" aria-hidden="true">
                  <Marker index={styleOf(line.key)} x={6} y={6} size={4} />
                </svg>{' '}
                {line.label}
              </th>
              <td>{meanText(point, y)}</td>
              <td>n = {point.n}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={classes.note}>Mean ± 95 % CI, of two runs their range. Click for the runs.</div>
    </div>
  );
}

/** `12.3 ± 0.4 s` with the interval, `12.3 (12.1 to 12.5) s` with the range of two runs, or the value of a single one. */
function meanText({ mean, bar }: SeriesPoint, { factor, unit }: Axis): string {
  const value = axisNumber(mean * factor);
  if (bar === null) return `${value} ${unit}`;
  if (bar.kind === 'range')
    return `${value} (${axisNumber(bar.low * factor)} to ${axisNumber(bar.high * factor)}) ${unit}`;
  const half = ((bar.high - mean) * factor).toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return `${value} ± ${half} ${unit}`;
}

function isAt(point: SeriesPoint, at: number, factor: number): boolean {
  return Math.abs(point.x * factor - at) <= Math.abs(at) * 1e-9;
}

/** One row per x with one column per series, as the chart library wants it. */
function toRows(series: Series[], xFactor: number, yFactor: number): Record<string, number>[] {
  const rows = new Map<number, Record<string, number>>();
  for (const { key, points } of series)
    for (const point of points) {
      const row = rows.get(point.x) ?? { x: point.x * xFactor };
      row[key] = point.mean * yFactor;
      rows.set(point.x, row);
    }
  return [...rows.values()].sort((a, b) => (a.x ?? 0) - (b.x ?? 0));
}
