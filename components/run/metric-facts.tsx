import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { type Figure, FigureTable } from './figure-table.tsx';
import classes from './metric-facts.module.css';
import { errorFigures, leftOutMeaning, percent, placeholderHint } from './metric-figures.ts';

/** How far the predictions are from the truth; each figure has its definition below it. */
export function MetricFacts({ metric }: { metric: PredictionMetrics }) {
  const { n, left_out: leftOut = 0, no_truth: noTruth, confusion, placeholders = [] } = metric;
  const compared: Figure[] = [
    { name: 'Samples compared', value: formatCount(n) },
    ...(leftOut > 0
      ? [
          {
            name: 'Left out',
            meaning: leftOutMeaning(leftOut, noTruth),
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
      {placeholders.length > 0 && (
        <p className={classes.hint}>
          <IconAlertTriangle size={15} aria-label="Warning" /> {placeholderHint(placeholders)}
        </p>
      )}
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
