'use client';

import { ChartFrame } from '@/components/charts/chart-frame.tsx';
import type { Series, SeriesBy, SeriesX, SeriesY } from '@/lib/domain/series.ts';
import { measures } from './figures.ts';
import type { HeldSetting } from './held-fixed.ts';
import { settingAxisKind, settingColumn, settingName, settingText } from './settings.ts';
import { useCompareParams } from './use-compare-params.ts';

interface Props {
  series: Series[];
  held: HeldSetting[];
  taken: number;
  x: SeriesX;
  y: SeriesY;
  by: SeriesBy;
  order: string[];
}

/** Powers of two are read best on a log axis. */
const LOG_X: readonly SeriesX[] = ['batchSize', 'memoryMb'];

/** One chart of a measure over a setting. */
export function ComparisonFigure({ series, held, taken, x, y, by, order }: Props) {
  const params = useCompareParams();
  const id = `${x}-${y}`;
  // The URL holds what differs from the default, such as `x.dataSizeBytes-costUsd`.
  const flipped = new Set((params.get('log') ?? '').split(',').filter(Boolean));
  const isLog = (axis: 'x' | 'y') => flipped.has(`${axis}.${id}`) !== (axis === 'x' && LOG_X.includes(x));
  const flip = (axis: 'x' | 'y') => {
    const name = `${axis}.${id}`;
    if (!flipped.delete(name)) flipped.add(name);
    params.draw({ log: [...flipped].join(',') || null });
  };
  const measure = measures[y];
  const points = series.flatMap((line) => line.points);
  const single = new Set(points.map((point) => point.x)).size === 1;
  const fixed = held
    .filter(({ setting }) => setting !== 'maxConcurrency' && setting !== 'worldSize')
    .map(({ setting, value }) => `${settingName[setting].toLowerCase()} ${settingText(setting, value)}`);
  const n = points.reduce((sum, point) => sum + point.n, 0);
  const notMeasured = taken - n;
  return (
    <ChartFrame
      heading={measure.name}
      title={`${measure.name} by ${settingName[x].toLowerCase()}`}
      note={[
        fixed.join(' · '),
        ...(notMeasured > 0 && n > 0 ? [`${notMeasured} without this measure`] : []),
        ...(single ? ['one point only: no trend to see'] : []),
      ].join(' · ')}
      nothing={n === 0 ? 'None of these runs has this measured.' : null}
      series={series}
      order={order}
      seriesLabel={settingName[by]}
      x={{ kind: settingAxisKind[x], label: settingName[x], column: settingColumn[x], log: isLog('x') }}
      y={{ kind: measure.kind, label: measure.axisLabel, column: measure.column, log: isLog('y') }}
      onLog={flip}
      fileName={`starmap-${measure.column}-by-${settingColumn[x]}`}
    />
  );
}
