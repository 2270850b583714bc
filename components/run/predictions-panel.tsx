import { Text } from '@mantine/core';
import { axisNumber } from '@/components/charts/axis.ts';
import { DensityMap } from '@/components/charts/density-map.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import classes from './predictions-panel.module.css';

/** How good the predictions are, one block per column that has a truth. */
export function PredictionsPanel({ metrics }: { metrics: PredictionMetrics[] }) {
  return (
    <Panel title="Predictions against truth">
      {metrics.length === 0 && (
        <Text size="sm" c="dimmed">
          The model package names no truth for its outputs, so nothing can be compared. The predictions are below.
        </Text>
      )}
      {metrics.map((metric) => (
        <PredictedColumn key={`${metric.column} ${metric.truth}`} metric={metric} />
      ))}
    </Panel>
  );
}

function PredictedColumn({ metric }: { metric: PredictionMetrics }) {
  const { column, truth, unit, n, mae, mse, bias, precision, r2, mae_of_mean: maeOfMean, density } = metric;
  const of = (value: number) => `${axisNumber(value)}${unit ? ` ${unit}` : ''}`;
  const named = (name: string) => (unit ? `${name} (${unit})` : name);
  return (
    <div className={classes.column}>
      {density.bins > 0 && density.counts.length > 0 && (
        <DensityMap density={density} quantity={named(column)} truth={named(truth)} />
      )}
      <div className={classes.figures}>
        <Facts
          facts={[
            ['Samples compared', formatCount(n)],
            ['MAE, mean absolute error', of(mae)],
            ['Predicting the mean would give', `MAE ${of(maeOfMean)}`],
            ['Bias, mean of predicted − true', of(bias)],
            ['Precision, standard deviation of the residual', of(precision)],
            ['MSE, mean squared error', unit ? `${axisNumber(mse)} (${unit})²` : axisNumber(mse)],
            ['R²', r2 === null ? 'not defined: all truths are equal' : axisNumber(r2)],
          ]}
        />
        {maeOfMean > 0 && (
          <Text size="sm" mt="sm">
            {mae < maeOfMean
              ? `The model’s error is ${Math.round((mae / maeOfMean) * 100)} % of that of always predicting the mean.`
              : 'The model is no better than always predicting the mean: check that it was made for this data.'}
          </Text>
        )}
      </div>
    </div>
  );
}
