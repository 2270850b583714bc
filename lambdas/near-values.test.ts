import { expect, test } from 'vitest';
import { countNear } from './near-values.ts';

function counted(values: number[]) {
  const counts = countNear();
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

test('placeholders among the first values do not either, nor where only few values come first', () => {
  const counts = counted([-9_999, 60_001, 0, ...dates.map((date, i) => (i % 40 === 0 ? -9_999 : date))]);
  expect(counts.quantile(0.75)).toBeCloseTo(60_003, 1);
});

test.each([
  ['values around zero', [-1, 0.001, 2]],
  ['values of many magnitudes', [1e-3, 1, 1e6]],
  ['one value', [60_000, 60_000, 60_000]],
])('%s are counted from zero', (_, first) => {
  const values = Array.from({ length: 4_096 }, (_, i) => first[i % first.length] ?? 0);
  const counts = counted([...values, ...Array.from({ length: 10_000 }, () => 1e-3)]);
  expect(counts.quantile(0.6)).toBeCloseTo(1e-3, 6);
});
