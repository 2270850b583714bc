'use client';

import { IconChartDots } from '@tabler/icons-react';
import { useMemo } from 'react';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import type { ComparedRun, Comparison } from '@/lib/domain/comparison.ts';
import { type SeriesBy, type SeriesX, type SeriesY, toSeries } from '@/lib/domain/series.ts';
import { AnyPair } from './any-pair.tsx';
import classes from './compare.module.css';
import { CompareControls } from './compare-controls.tsx';
import { CompareTable } from './compare-table.tsx';
import { FigureSection } from './figure-section.tsx';
import { drawnAs } from './figures.ts';
import { distinct } from './held-fixed.ts';
import { LeftOut } from './left-out.tsx';
import { seriesBy } from './settings.ts';
import { useCompareParams } from './use-compare-params.ts';

/** The published charts over the chosen runs, any other pair of setting and measure, and the runs themselves. */
export function CompareView({ comparison: { runs, left_out: leftOut } }: { comparison: Comparison }) {
  const params = useCompareParams();
  const { time, rate, by, x, y } = drawnAs(params.get);
  const ys: SeriesY[] = [time, rate, 'costUsd'];
  const sections: SeriesX[] = [
    'dataSizeBytes',
    'batchSize',
    ...(['partitionSizeBytes', 'memoryMb'] as const).filter((each) => distinct(runs, each) > 1),
  ];
  const orders = useMemo(
    () => Object.fromEntries(seriesBy.map((line) => [line, lineOrder(runs, line)])) as Record<SeriesBy, string[]>,
    [runs],
  );
  const section = (over: SeriesX, measures: SeriesY[]) => {
    const line = lineOf(over, by);
    return <FigureSection key={over} runs={runs} x={over} ys={measures} by={line} order={orders[line]} />;
  };

  return (
    <div className={classes.view}>
      <CompareControls params={params} />
      <LeftOut leftOut={leftOut} />
      {runs.length === 0 ? (
        <EmptyState icon={IconChartDots} title="No complete run to draw">
          Charts show the runs that delivered everything. Wait for the runs to end, include incomplete ones, or choose
          another experiment.
        </EmptyState>
      ) : (
        <>
          {sections.map((over) => section(over, ys))}
          <AnyPair params={params} />
          {x && y && section(x, [y])}
          <CompareTable runs={runs} />
        </>
      )}
    </div>
  );
}

/** A setting cannot be on the axis and tell lines apart at once. */
function lineOf(over: SeriesX, by: SeriesBy): SeriesBy {
  if (over !== by) return by;
  return by === 'partitionSizeBytes' ? 'batchSize' : 'partitionSizeBytes';
}

/** Keys of the lines in their order. Colours follow the setting: a line keeps its own where others have no value. */
function lineOrder(runs: ComparedRun[], by: SeriesBy): string[] {
  const all = runs.map((run) => ({ ...run, measures: { ...run.measures, mapWallMs: 0 } }));
  return toSeries(all, 'dataSizeBytes', 'mapWallMs', by).map(({ key }) => key);
}
