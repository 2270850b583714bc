'use client';

import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';
import type { Series } from '@/lib/domain/series.ts';
import type { Axis } from './axis.ts';
import { Marker, seriesColor } from './marker.tsx';

interface Props {
  series: Series[];
  styleOf: (key: string) => number;
  x: Axis;
  y: Axis;
}

const CAP_PX = 4;
/** Single runs stand beside the mean, not under it. */
const RAW_OFFSET_PX = 8;
/** Above this the dots of single runs are left out: SVG gets slow, and they would be a smear. */
export const MOST_RUNS = 1_500;

/** Error bars, single runs and means, drawn inside a chart on its scales. */
export function SeriesMarks({ series, styleOf, x, y }: Props) {
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  const plot = usePlotArea();
  if (!xScale || !yScale || !plot) return null;

  const runs = series.reduce((sum, { points }) => sum + points.reduce((n, point) => n + point.n, 0), 0);
  const showRuns = runs <= MOST_RUNS;
  const toY = (value: number) => {
    const shown = value * y.factor;
    // A bar that leaves the plot (an interval below 0, say) ends at its edge.
    const inside = Math.min(Math.max(shown, y.domain[0]), y.domain[1]);
    return yScale(inside) ?? plot.y + plot.height;
  };
  /** A cap where the bar ends; an arrow head where it goes on beyond the plot. */
  const end = (at: number, value: number) => {
    const shown = value * y.factor;
    const edge = toY(value);
    if (shown > y.domain[1]) return `M${at - CAP_PX},${edge + CAP_PX}L${at},${edge}L${at + CAP_PX},${edge + CAP_PX}`;
    if (shown < y.domain[0]) return `M${at - CAP_PX},${edge - CAP_PX}L${at},${edge}L${at + CAP_PX},${edge - CAP_PX}`;
    return `M${at - CAP_PX},${edge}h${2 * CAP_PX}`;
  };
  return series.map((line) => {
    const color = seriesColor(styleOf(line.key));
    return (
      <g key={line.key} data-series={line.key}>
        {line.points.map((point) => {
          const at = xScale(point.x * x.factor);
          if (at === undefined) return null;
          return (
            <g key={point.x}>
              {showRuns &&
                point.n > 1 &&
                point.raw.map((run) => (
                  <circle
                    key={run.runId}
                    cx={at + RAW_OFFSET_PX}
                    cy={toY(run.y)}
                    r={2.25}
                    fill={color}
                    opacity={0.55}
                  />
                ))}
              {point.bar && (
                <path
                  d={`M${at},${toY(point.bar.low)}V${toY(point.bar.high)}${end(at, point.bar.low)}${end(at, point.bar.high)}`}
                  stroke={color}
                  strokeWidth={1.25}
                  fill="none"
                />
              )}
              <Marker index={styleOf(line.key)} x={at} y={toY(point.mean)} />
            </g>
          );
        })}
      </g>
    );
  });
}
