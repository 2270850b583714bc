import { Text } from '@mantine/core';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { type Figure, FigureTable } from './figure-table.tsx';
import { errorFigures, percent } from './metric-figures.ts';

/** How far the predictions are from the truth; each figure has its definition below it. */
export function MetricFacts({ metric }: { metric: PredictionMetrics }) {
  const { n, left_out: leftOut = 0, confusion } = metric;
  const compared: Figure[] = [
    { name: 'Samples compared', value: formatCount(n) },
    ...(leftOut > 0
      ? [
          {
            name: 'Left out',
            meaning: 'prediction or truth is not a number, or one beyond 10¹⁴⁵',
            value: formatCount(leftOut),
          },
        ]
      : []),
  ];
  const measures: Figure[] = confusion
    ? [{ name: 'Accuracy', meaning: 'share that is right', value: percent(confusion.accuracy) }]
    : errorFigures(metric);
  return (
    <>
      <FigureTable label="Predictions against truth" figures={[...compared, ...measures]} />
      {!confusion && <Verdict metric={metric} />}
    </>
  );
}

function Verdict({ metric: { mae, mae_of_mean: ofMean } }: { metric: PredictionMetrics }) {
  if (ofMean <= 0) return null;
  return (
    <Text size="sm" mt="xs">
      {mae < ofMean
        ? `The model’s error is ${Math.round((mae / ofMean) * 100)} % of that of always predicting the mean.`
        : 'The model is no better than always predicting the mean: check that it was made for this data.'}
    </Text>
  );
}
