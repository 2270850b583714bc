import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { axisNumber } from '@/components/charts/axis.ts';
import { Facts } from '@/components/ui/facts.tsx';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';

/** How far the predictions are from the truth; each figure names its definition. e = predicted − true. */
export function MetricFacts({ metric }: { metric: PredictionMetrics }) {
  const { n, left_out: leftOut = 0, confusion } = metric;
  const compared: [string, ReactNode][] = [
    ['Samples compared', formatCount(n)],
    ['Left out: prediction or truth is not a number', leftOut > 0 ? formatCount(leftOut) : null],
  ];
  if (confusion) {
    const share = `${(confusion.accuracy * 100).toFixed(2)} %`;
    return <Facts facts={[...compared, ['Accuracy, share that is right', share]]} />;
  }
  return (
    <>
      <Facts facts={[...compared, ...errors(metric)]} />
      <Text size="xs" c="dimmed" mt={4}>
        e = predicted − true{metric.redshift ? ', Δ = e / (1 + true)' : ''}
      </Text>
      <Verdict metric={metric} />
    </>
  );
}

function errors({ unit, mae, mse, bias, precision, nmad, r2, mae_of_mean: ofMean, redshift }: PredictionMetrics) {
  const of = (value: number) => `${axisNumber(value)}${unit ? ` ${unit}` : ''}`;
  const facts: [string, ReactNode][] = [
    ['MAE, mean |e|', of(mae)],
    ['RMSE, √MSE', of(Math.sqrt(mse))],
    ['MSE, mean e²', unit ? `${axisNumber(mse)} (${unit})²` : axisNumber(mse)],
    ['Bias, mean e', of(bias)],
    ['Precision, standard deviation of e', of(precision)],
    ['NMAD, 1.4826 × median |e − median e|', nmad === undefined ? null : of(nmad)],
    ['σ NMAD of Δ, 1.4826 × median |Δ − median Δ|', redshift ? axisNumber(redshift.nmad) : null],
    ['Outliers, |Δ| > 0.15', redshift ? `${(redshift.outlier_share * 100).toFixed(2)} %` : null],
    ['R², 1 − Σe² / Σ(true − mean true)²', r2 === null ? 'not defined: all truths are equal' : axisNumber(r2)],
    ['MAE of always predicting the mean', of(ofMean)],
  ];
  return facts;
}

function Verdict({ metric: { mae, mae_of_mean: ofMean } }: { metric: PredictionMetrics }) {
  if (ofMean <= 0) return null;
  return (
    <Text size="sm" mt="xs" mb="sm">
      {mae < ofMean
        ? `The model’s error is ${Math.round((mae / ofMean) * 100)} % of that of always predicting the mean.`
        : 'The model is no better than always predicting the mean: check that it was made for this data.'}
    </Text>
  );
}
