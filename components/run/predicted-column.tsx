import { Text } from '@mantine/core';
import { ConfusionTable } from '@/components/charts/confusion-table.tsx';
import { DensityMap } from '@/components/charts/density-map.tsx';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictedColumn as Column, PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { ColumnFacts } from './column-facts.tsx';
import { ColumnHistogram } from './column-histogram.tsx';
import { MetricFacts } from './metric-facts.tsx';
import { whyNoPlot } from './metric-figures.ts';
import classes from './predictions-panel.module.css';

interface Props {
  runId: string;
  name: string;
  column: Column | null;
  metric: PredictionMetrics | null;
}

/** One predicted column: how its values are spread, and how they compare with the truth where there is one. */
export function PredictedColumn({ runId, name, column, metric }: Props) {
  const unit = column?.unit ?? metric?.unit ?? null;
  const named = (text: string) => (unit ? `${text} (${unit})` : text);
  return (
    <section className={classes.block} aria-label={`Column ${name}`}>
      <h3 className={classes.name}>{named(name)}</h3>
      {column && <ColumnTrouble column={column} />}
      <div className={classes.column}>
        {column && column.n > 0 && (
          // Below each other where the comparison with the truth stands beside them: alone in a row they leave a hole.
          <div className={metric ? classes.spread : classes.sideBySide}>
            <ColumnHistogram column={column} quantity={named(name)} fileName={`${runId}-${name}-histogram`} />
            <div>
              <ColumnFacts column={column} />
            </div>
          </div>
        )}
        {metric?.confusion && <ConfusionTable {...metric.confusion} />}
        {metric && !metric.confusion && metric.density.bins > 1 && (
          <DensityMap
            density={metric.density}
            quantity={named(name)}
            truth={named(metric.truth)}
            fileName={`${runId}-${name}-against-truth`}
          />
        )}
        {metric && (
          <div>
            <MetricFacts metric={metric} />
            {!metric.confusion && <NoPlot metric={metric} />}
          </div>
        )}
      </div>
    </section>
  );
}

function NoPlot({ metric: { density } }: { metric: PredictionMetrics }) {
  const why = whyNoPlot(density);
  return (
    why && (
      <Text size="sm" mt="xs">
        {why}
      </Text>
    )
  );
}

/** What cannot be drawn, in words. */
function ColumnTrouble({ column: { n, not_a_number: notANumber, min, max } }: { column: Column }) {
  if (n === 0) {
    return (
      <Text size="sm">
        {notANumber > 0
          ? `${notANumber === 1 ? 'The one prediction is no number' : `None of the ${formatCount(notANumber)} predictions is a number`}: look at the model’s inputs in a log of one item.`
          : 'There are no rows.'}
      </Text>
    );
  }
  if (n > 1 && min === max) return <Text size="sm">All {formatCount(n)} predictions are equal.</Text>;
  return null;
}
