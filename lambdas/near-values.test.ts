import { expect, test } from 'vitest';
import { countNear } from './near-values.ts';

function counted(values: number[], first = values.slice(0, 1_000)) {
  const counts = countNear(first);
  for (const value of values) counts.add(value);
  return counts;
}

/** Of four nights: modified Julian dates. */
const dates = Array.from({ length: 20_000 }, (_, i) => 60_000 + (((i * 7_919) % 20_000) + 0.5) / 5_000);

test('dates of a few nights have a median among them and a histogram of many bins, with round edges', () => {
  const counts = counted(dates);
  expect(counts.quantile(0.5)).toBeCloseTo(60_002, 3);
  expect(counts.quantile(0)).toBe(60_000.0001);
  expect(counts.quantile(1)).toBe(60_003.9999);
  expect(counts.medianAbsoluteDeviation()).toBeCloseTo(1, 3);
  const { range, counts: bins } = counts.histogram() ?? { range: [0, 0], counts: [] };
  expect(bins.length).toBeGreaterThan(30);
  expect(range).toEqual([60_000, 60_004]);
  expect(Math.max(...bins) / Math.min(...bins)).toBeLessThan(1.01);
});

test('sentinels far away do not change what is between them, and are told as they are', () => {
  const counts = counted([...dates, -9_999.1, Number.MAX_VALUE]);
  expect(counts.quantile(0)).toBe(-9_999.1);
  expect(counts.quantile(1)).toBe(Number.MAX_VALUE);
  expect(counts.quantile(0.5)).toBeCloseTo(60_002, 3);
  expect(counts.histogram()).toMatchObject({ below: 1, above: 1 });
});

test.each([
  ['values around zero', [-1, 0.001, 2]],
  ['values of many magnitudes', [1e-3, 1, 1e6]],
  ['one value', [60_000, 60_000, 60_000]],
  ['none that is a number', [Number.NaN, Number.POSITIVE_INFINITY]],
  ['nothing', []],
])('%s are counted from zero', (_, first) => {
  const values = [1e-3, 1, 1e6, 60_000];
  const counts = counted(values, first);
  expect(counts.quantile(1 / 3)).toBeCloseTo(1, 3);
  expect(counts.quantile(0)).toBe(1e-3);
});

test('whole numbers of 64 bits may come first', () => {
  const counts = countNear(new BigInt64Array([2_459_000n, 2_459_010n]));
  for (const value of [2_459_000, 2_459_005, 2_459_010]) counts.add(value);
  expect(counts.quantile(0.5)).toBeCloseTo(2_459_005, 2);
});
