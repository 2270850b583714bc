import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countValues } from './value-counts.ts';

function counted(values: readonly number[]) {
  const counts = countValues();
  for (const value of values) counts.add(value);
  return counts;
}

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 500 });

test('a histogram counts every value once, in the bin that holds it', () => {
  fc.assert(
    fc.property(numbers, fc.constantFrom(0, 100, -3e5), (values, offset) => {
      const shifted = values.map((value) => value + offset);
      const histogram = counted(shifted).histogram();
      if (!histogram) {
        expect(new Set(shifted.map((value) => value + 0)).size).toBe(1);
        return;
      }
      const { range, counts, below, above } = histogram;
      const width = (range[1] - range[0]) / counts.length;
      expect(counts.reduce((sum, count) => sum + count, below + above)).toBe(values.length);
      expect(counts.length).toBeLessThanOrEqual(66);
      for (const [i, count] of counts.entries()) {
        const [from, to] = [range[0] + i * width, range[0] + (i + 1) * width];
        // An edge belongs to the bin farther from zero.
        const holds = (value: number) => (value < 0 ? from < value && value <= to : from <= value && value < to);
        expect(count).toBe(shifted.filter(holds).length);
      }
    }),
  );
});

test('the smallest numbers there are have a histogram', () => {
  expect(counted([0, Number.MIN_VALUE]).histogram()).toMatchObject({ counts: [2], below: 0, above: 0 });
});

test('whole numbers at the ends of a histogram are in it, and most of them 0 have the median 0', () => {
  const classes = counted([-2, 0, 0, 0, 1]);
  expect(classes.histogram()).toMatchObject({ below: 0, above: 0 });
  expect(classes.quantile(0.5)).toBe(0);
  expect(classes.medianAbsoluteDeviation()).toBe(0);
  expect(counted([-0, -0, -0, 0.25, 0.5]).histogram()).toMatchObject({ range: [0, expect.any(Number)], below: 0 });
});

test('quantiles are those of numpy to a few parts in ten thousand, and the median absolute deviation lies between two too', () => {
  const at = (sorted: number[], rank: number) => {
    const low = sorted[Math.floor(rank)] as number;
    return low + ((sorted[Math.ceil(rank)] as number) - low) * (rank % 1);
  };
  for (const n of [20_001, 20_000, 4, 2]) {
    const values = Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 43_758.5453 - 100);
    const sorted = values.toSorted((a, b) => a - b);
    const median = at(sorted, (n - 1) / 2);
    const deviations = values.map((value) => Math.abs(value - median)).toSorted((a, b) => a - b);
    const counts = counted(values);
    expect(counts.quantile(0)).toBe(sorted[0]);
    expect(counts.quantile(1)).toBe(sorted.at(-1));
    for (const q of [0.01, 0.25, 0.5, 0.9]) {
      const low = Math.abs(at(sorted, Math.floor(q * (n - 1))));
      const high = Math.abs(at(sorted, Math.ceil(q * (n - 1))));
      const exact = at(sorted, q * (n - 1));
      expect(Math.abs(counts.quantile(q) - exact)).toBeLessThanOrEqual(Math.max(low, high) / 8_192 + 1e-12);
    }
    expect(Math.abs(counts.medianAbsoluteDeviation() / at(deviations, (n - 1) / 2) - 1)).toBeLessThan(1e-3);
  }
  expect(counted([1, 2, 3, 8]).quantile(0.5)).toBeCloseTo(2.5, 3);
});

test('a few wild values do not flatten the picture: they are counted beside it', () => {
  const values = [...Array.from({ length: 10_000 }, (_, i) => i / 10_000), 1e30, -9999, 1e5];
  const histogram = counted(values).histogram();
  expect(histogram?.range[0]).toBeGreaterThanOrEqual(-0.1);
  expect(histogram?.range[1]).toBeLessThan(1.1);
  expect(histogram?.counts.length).toBeGreaterThan(30);
  expect(histogram?.above).toBeGreaterThanOrEqual(2);
  expect(histogram?.below).toBeGreaterThanOrEqual(1);
});

test('one value, none, and zeros', () => {
  expect(counted([]).histogram()).toBeUndefined();
  for (const q of [0, 0.5, 1]) expect(counted([]).quantile(q)).toBeNaN();
  expect(counted([0.5, 0.5]).histogram()).toBeUndefined();
  expect(counted([0.5]).quantile(0.5)).toBe(0.5);
  expect(counted([0.5]).medianAbsoluteDeviation()).toBe(0);
  expect(
    counted([0, 0, 1])
      .histogram()
      ?.counts.reduce((a, b) => a + b, 0),
  ).toBe(3);
});
