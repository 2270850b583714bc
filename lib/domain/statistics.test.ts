import { expect, test } from 'vitest';
import { confidenceInterval, mean, median, quantile, spread, standardDeviation, studentT975 } from './statistics.ts';

test('mean, median and quantiles as numpy has them', () => {
  const values = [9, 1, 4, 16];
  expect(mean(values)).toBe(7.5);
  expect(median(values)).toBe(6.5);
  expect(quantile(values, 0.25)).toBe(3.25);
  expect(quantile(values, 0.95)).toBeCloseTo(14.95, 10);
  expect(standardDeviation(values)).toBeCloseTo(6.557438524, 9);
  expect(values).toEqual([9, 1, 4, 16]);
});

test('95 % confidence interval by Student’s t', () => {
  // R: t.test(c(10, 12, 14))
  expect(confidenceInterval([10, 12, 14])?.low).toBeCloseTo(7.031724, 4);
  expect(confidenceInterval([10, 12, 14])?.high).toBeCloseTo(16.968276, 4);
  expect(confidenceInterval([10])).toBeNull();
});

test.each([
  [1, 12.7062],
  [2, 4.30265],
  [30, 2.04227],
  [31, 2.03951],
  [60, 2.0003],
  [1000, 1.96234],
])('t quantile at %d degrees of freedom', (df, t) => expect(studentT975(df)).toBeCloseTo(t, 4));

test('a spread of one and of none', () => {
  expect(spread([3])).toEqual({ n: 1, mean: 3, median: 3, min: 3, max: 3, p95: 3 });
  expect(spread([])).toBeNull();
});
