import { expect, test } from 'vitest';
import { predictionMetrics } from '@/lib/domain/run-summary.ts';
import { errorFigures, leftOutMeaning, placeholderHint, whyNoPlot } from './metric-figures.ts';

const measured = (redshifts: number) =>
  predictionMetrics.parse({
    column: 'z_pred',
    truth: 'z',
    unit: null,
    n: 20_000,
    mae: 0.2,
    mse: 0.1,
    bias: 0,
    precision: 0.3,
    nmad: 0.3,
    r2: 0.7,
    mae_of_mean: 0.4,
    redshift: { n: redshifts, nmad: 0.1, outlier_share: 0.25 },
    density: { bins: 1, range: [0, 1], counts: [20_000] },
  });
const meaningOf = (name: string, redshifts: number) =>
  errorFigures(measured(redshifts)).find((figure) => figure.name === name)?.meaning;

test.each(['NMAD of Δz/(1+z)', 'Outliers'])('%s says of how many samples it is where that is not all', (name) => {
  expect(meaningOf(name, 20_000)).not.toContain('samples');
  expect(meaningOf(name, 19_053)).toContain('; of the 19,053 samples with true > −1');
});

test('a plot of one cell is words', () => {
  const cell = { bins: 1, range: [0.4999999999960938, 0.5] as [number, number], counts: [5_000] };
  const words = 'No plot of predicted against true: all samples lie at one point, where both are 0.5.';
  expect(whyNoPlot(cell)).toBe(words);
  expect(whyNoPlot({ ...cell, outside: 20 })).toBe(words.replace('all samples', 'all samples but 20'));
  expect(whyNoPlot({ ...cell, range: [0, 7.8e-42] })).toMatch(/ 0\.$/);
  expect(whyNoPlot({ ...cell, bins: 2 })).toBeNull();
});

test('truths that mean "no value" come with what to do about them', () => {
  const hint = placeholderHint([
    { value: -9999, n: 1_204 },
    { value: -99, n: 1 },
  ]);
  expect(hint).toContain('Of the truths 1,204 are −9,999, 1 is −99, which in catalogues means “no value”. They count');
  expect(hint).toContain('make their truth NaN');
});

test('what was left out is told by the side that is no number', () => {
  expect(leftOutMeaning(3, 3)).toMatch(/^the truth is not/);
  expect(leftOutMeaning(3, 0)).toMatch(/^the prediction is not/);
  expect(leftOutMeaning(3, 2)).toMatch(/^prediction or truth .* of 2 of them the truth$/);
  expect(leftOutMeaning(3, undefined)).toMatch(/^prediction or truth [^;]*$/);
});
