import { axisNumber } from '@/components/charts/axis.ts';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictionMetrics } from '@/lib/domain/run-summary.ts';
import type { Figure } from './figure-table.tsx';

/** How far numbers lie from the truth; each figure has its definition. */
export function errorFigures(metric: PredictionMetrics): Figure[] {
  const { n, unit, mae, mse, bias, precision, nmad, r2, mae_of_mean: ofMean, redshift } = metric;
  // Catalogues write −99 or −9999 where they have no redshift: 1 + z means nothing there.
  const ofWhich = redshift && redshift.n < n ? `; of the ${formatCount(redshift.n)} samples with true > −1` : '';
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
            meaning: `1.4826 × median |Δ − median Δ|, Δ = e / (1 + true)${ofWhich}`,
            value: redshift.nmad,
          },
          { name: 'Outliers', meaning: `|Δz|/(1+z) > 0.15${ofWhich}`, value: percent(redshift.outlier_share) },
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

/** Why samples were left out of the figures. @param noTruth those without a truth; older summaries do not tell it. */
export function leftOutMeaning(leftOut: number, noTruth: number | undefined): string {
  const number = 'not a number, or one beyond 10¹⁴⁵';
  if (noTruth === leftOut) return `the truth is ${number}`;
  if (noTruth === 0) return `the prediction is ${number}`;
  const ofWhich = noTruth === undefined ? '' : `; of ${formatCount(noTruth)} of them the truth`;
  return `prediction or truth is ${number}${ofWhich}`;
}

/** What to do about truths that seem to mean "no value". */
export function placeholderHint(placeholders: NonNullable<PredictionMetrics['placeholders']>): string {
  const each = placeholders.map(({ value, n }) => `${formatCount(n)} ${n === 1 ? 'is' : 'are'} ${axisNumber(value)}`);
  const one = placeholders.length === 1 && placeholders[0]?.n === 1;
  return `Of the truths ${each.join(', ')}, which in catalogues means “no value”. ${one ? 'It counts' : 'They count'} in the figures below: take such samples out of the data, or make their truth NaN, which leaves them out.`;
}

/**
 * Why there is no plot of predicted against true, in words; null where there is something to see. One cell is drawn as a
 * filled square, which says nothing.
 */
export function whyNoPlot({ bins, range, outside = 0 }: PredictionMetrics['density']): string | null {
  if (bins !== 1) return null;
  const all = outside > 0 ? `all samples but ${formatCount(outside)}` : 'all samples';
  const [low, high] = range;
  const at = axisNumber(low <= 0 && high >= 0 ? 0 : (low + high) / 2);
  return `No plot of predicted against true: ${all} lie at one point, where both are ${at}.`;
}

export const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
