import { Text } from '@mantine/core';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { type Figure, FigureTable } from './figure-table.tsx';

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
    : errors(metric);
  return (
    <>
      <FigureTable label="Predictions against truth" figures={[...compared, ...measures]} />
      {!confusion && <Verdict metric={metric} />}
    </>
  );
}

function errors(metric: PredictionMetrics): Figure[] {
  const { unit, mae, mse, bias, precision, nmad, r2, mae_of_mean: ofMean, redshift } = metric;
  return [
    { name: 'MAE', meaning: 'mean |e|, e = predicted − true', value: mae, unit },
    { name: 'MSE', meaning: 'mean e²', value: mse, unit: unit && `(${unit})²` },
    { name: 'RMSE', meaning: '√MSE', value: Math.sqrt(mse), unit },
    { name: 'Bias', meaning: 'mean e', value: bias, unit },
    { name: 'Precision', meaning: 'σ, standard deviation of e', value: precision, unit },
    ...(nmad === undefined ? [] : [{ name: 'NMAD', meaning: '1.4826 × median |e − median e|', value: nmad, unit }]),
    ...(redshift
      ? [
          {
            name: 'NMAD of Δz/(1+z)',
            meaning: '1.4826 × median |Δ − median Δ|, Δ = e / (1 + true)',
            value: redshift.nmad,
          },
          { name: 'Outliers', meaning: '|Δz|/(1+z) > 0.15', value: percent(redshift.outlier_share) },
        ]
      : []),
    {
      name: 'R²',
      meaning: '1 − Σe² / Σ(true − mean true)²',
      value: r2 ?? 'not defined: all truths are equal',
    },
    { name: 'MAE of the mean', meaning: 'of always predicting the mean of the truth', value: ofMean, unit },
  ];
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

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
