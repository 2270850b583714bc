import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accumulateMetrics } from './prediction-metrics.ts';

const column = { column: 'z_pred', truth: 'z', unit: null };
const pairs = fc.array(
  fc.tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.double({ min: -50, max: 50, noNaN: true })),
  {
    minLength: 2,
    maxLength: 400,
  },
);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('the measures are those of the definitions, however the rows are cut into pieces', () => {
  fc.assert(
    fc.property(pairs, fc.integer({ min: 1, max: 50 }), (rows, pieceRows) => {
      const metrics = accumulateMetrics(column);
      for (let at = 0; at < rows.length; at += pieceRows) {
        const piece = rows.slice(at, at + pieceRows);
        metrics.add(
          piece.map(([p]) => p),
          piece.map(([, t]) => t),
        );
      }
      const result = metrics.read();
      const residuals = rows.map(([p, t]) => p - t);
      const truths = rows.map(([, t]) => t);
      const bias = mean(residuals);
      expect(result?.n).toBe(rows.length);
      expect(result?.mae).toBeCloseTo(mean(residuals.map(Math.abs)), 9);
      expect(result?.mse).toBeCloseTo(mean(residuals.map((e) => e * e)), 8);
      expect(result?.bias).toBeCloseTo(bias, 9);
      expect(result?.precision).toBeCloseTo(Math.sqrt(mean(residuals.map((e) => (e - bias) ** 2))), 8);
      const spread = Math.max(...truths) - Math.min(...truths);
      const exact = mean(truths.map((t) => Math.abs(t - mean(truths))));
      expect(Math.abs((result?.mae_of_mean ?? 0) - exact)).toBeLessThanOrEqual(spread / 64 + 1e-9);
      expect(result?.density.counts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
      expect(result?.density.bins).toBeLessThanOrEqual(64);
    }),
    { numRuns: 60 },
  );
});

test('a large offset costs no digits', () => {
  const metrics = accumulateMetrics(column);
  const truth = Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 10));
  metrics.add(
    truth.map((t, i) => t + (i % 2 ? 0.25 : -0.25)),
    truth,
  );
  expect(metrics.read()).toMatchObject({ mae: 0.25, mse: 0.0625, precision: 0.25, bias: expect.closeTo(0, 12) });
});

test('values that are not finite are left out, and only those', () => {
  const metrics = accumulateMetrics(column);
  metrics.add([Number.NaN, 1, 2], [1, Number.POSITIVE_INFINITY, 3]);
  expect(metrics.read()).toMatchObject({ n: 1, mae: 1 });
  const nothing = accumulateMetrics(column);
  nothing.add([Number.NaN], [1]);
  expect(nothing.read()).toBeUndefined();
});

test('equal truths have no r²; perfect predictions have 1', () => {
  const constant = accumulateMetrics(column);
  constant.add([1, 2], [5, 5]);
  expect(constant.read()?.r2).toBeNull();
  const perfect = accumulateMetrics(column);
  perfect.add([1, 2, 3], [1, 2, 3]);
  expect(perfect.read()).toMatchObject({ r2: 1, mae: 0 });
});

test('the density grid covers the truths, and a wild prediction stays at its edge', () => {
  const metrics = accumulateMetrics(column);
  metrics.add([0.1, 0.2], [0.1, 0.2]);
  metrics.add([0.3, 1e12, -40], [0.3, 0.35, 0.9]);
  const density = metrics.read()?.density;
  expect(density?.range[0]).toBeLessThanOrEqual(0.1);
  expect(density?.range[1]).toBeGreaterThanOrEqual(0.9);
  expect(density?.range[1]).toBeLessThan(1.2);
  expect(density?.counts.reduce((sum, count) => sum + count, 0)).toBe(5);
});
