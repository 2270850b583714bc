import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PredictionMetrics, predictionMetrics } from '../lib/domain/run-summary.ts';
import { accumulateMetrics } from './prediction-metrics.ts';

const column = { column: 'z_pred', truth: 'z', unit: null };
const pairs = fc.array(
  fc.tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.double({ min: -50, max: 50, noNaN: true })),
  {
    minLength: 2,
    maxLength: 400,
  },
);
/** Every pair is in a cell or counted beside the grid. */
const seen = (density?: PredictionMetrics['density']) =>
  (density?.counts ?? []).reduce((sum, count) => sum + count, density?.outside ?? 0);
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
      expect(seen(result?.density)).toBe(rows.length);
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
  expect(metrics.read()).toMatchObject({ n: 1, left_out: 2, no_truth: 1, mae: 1 });
  const nothing = accumulateMetrics(column);
  nothing.add([Number.NaN], [1]);
  expect(nothing.read()).toBeUndefined();
});

test('truths that mean "no value" are told, and are in the figures', () => {
  const metrics = accumulateMetrics(column);
  metrics.add([1, 2], [1, -9999]);
  metrics.add([3, 4], [-9999, Number.NaN]);
  const read = predictionMetrics.parse(metrics.read());
  expect(read).toMatchObject({ n: 3, placeholders: [{ value: -9999, n: 2 }], no_truth: 1 });
  expect(read.mae).toBeGreaterThan(6000);
});

test('numbers whose squares none can hold are left out: summary.json could not be read with them', () => {
  const metrics = accumulateMetrics(column);
  metrics.add([1e300, 1.7e308, 2, -1.7e308], [1, -1.7e308, 3, 1.7e308]);
  metrics.add([1, 2], [2, 1e200]);
  const read = predictionMetrics.parse(JSON.parse(JSON.stringify(metrics.read())));
  expect(read).toMatchObject({ n: 2, left_out: 4, mae: 1, mse: 1, bias: -1, precision: 0, nmad: 0 });
});

test('equal truths have no r²; perfect predictions have 1', () => {
  const constant = accumulateMetrics(column);
  constant.add([1, 2], [5, 5]);
  expect(constant.read()?.r2).toBeNull();
  const perfect = accumulateMetrics(column);
  perfect.add([1, 2, 3], [1, 2, 3]);
  expect(perfect.read()).toMatchObject({ r2: 1, mae: 0 });
});

test('the axes of the density hold truths and predictions alike, in one range', () => {
  const truth = Array.from({ length: 20_000 }, (_, i) => (i % 1000) / 1000);
  const densityOf = (predict: (t: number, i: number) => number) => {
    const metrics = accumulateMetrics(column);
    for (let at = 0; at < truth.length; at += 4_096) {
      const piece = truth.slice(at, at + 4_096);
      metrics.add(
        piece.map((t, i) => predict(t, at + i)),
        piece,
      );
    }
    const density = metrics.read()?.density;
    expect(seen(density)).toBe(truth.length);
    return density;
  };
  const shifted = densityOf((t) => t + 3);
  expect(shifted?.range[0]).toBeLessThanOrEqual(0);
  expect(shifted?.range[1]).toBeGreaterThanOrEqual(3.999);
  expect(shifted?.range[1]).toBeLessThan(4.5);
  expect(shifted?.outside).toBe(0);
  const scaled = densityOf((t) => -1000 * t);
  expect(scaled?.range[0]).toBeLessThanOrEqual(-999);
  expect(scaled?.outside).toBe(0);
  // One that is a little beside the truths is seen; 1 in 200 far off is told of.
  const near = densityOf((t, i) => (i === 7 ? 1.4 : t));
  expect(near?.range[1]).toBeGreaterThanOrEqual(1.4);
  expect(near?.outside).toBe(0);
  // Few of them are beside the room that the grid begins with, but they are the end of the others.
  const steep = densityOf((t) => 1.505 * t);
  expect(steep?.range[1]).toBeGreaterThan(1.503);
  expect(steep?.outside).toBe(0);
  const wild = densityOf((t, i) => (i % 200 === 0 ? 1e9 : t));
  expect(wild?.range[1]).toBeLessThan(1.2);
  expect(wild?.outside).toBe(100);
});

test('how good the mean would be is known also where the predictions are far from the truths', () => {
  const metrics = accumulateMetrics(column);
  // They move: most of the truths lie far from those that come first.
  const truth = Array.from({ length: 60_000 }, (_, i) => (i / 60_000) ** 3);
  for (let at = 0; at < truth.length; at += 4_096) {
    const piece = truth.slice(at, at + 4_096);
    metrics.add(
      piece.map((t) => 1e6 + t),
      piece,
    );
  }
  const centre = mean(truth);
  expect(metrics.read()?.mae_of_mean).toBeCloseTo(mean(truth.map((t) => Math.abs(t - centre))), 6);
});

test('the density grid covers the truths, and a wild prediction is counted beside it', () => {
  const metrics = accumulateMetrics(column);
  metrics.add([0.1, 0.2], [0.1, 0.2]);
  metrics.add([0.3, 1e12, -40], [0.3, 0.35, 0.9]);
  const density = metrics.read()?.density;
  expect(density?.range[0]).toBeLessThanOrEqual(0.1);
  expect(density?.range[1]).toBeGreaterThanOrEqual(0.9);
  expect(density?.range[1]).toBeLessThan(1.2);
  expect(density?.outside).toBe(2);
  expect(seen(density)).toBe(5);
});

test('a placeholder for unknown truths does not flatten the plot; a distribution that moves is followed', () => {
  const placeholders = accumulateMetrics(column);
  const truth = Array.from({ length: 50_000 }, (_, i) => (i % 1000 === 999 ? -9999 : (i % 997) / 997));
  for (let at = 0; at < truth.length; at += 4_096) {
    placeholders.add(truth.slice(at, at + 4_096), truth.slice(at, at + 4_096));
  }
  const robust = placeholders.read();
  expect(robust?.density.range[0]).toBeGreaterThan(-0.5);
  expect(robust?.density.outside).toBe(50);
  const centre = mean(truth);
  expect(robust?.mae_of_mean).toBeCloseTo(mean(truth.map((t) => Math.abs(t - centre))), 1);
  const moving = accumulateMetrics(column);
  const far = Array.from({ length: 50_000 }, (_, i) => i / 100);
  for (let at = 0; at < far.length; at += 4_096) moving.add(far.slice(at, at + 4_096), far.slice(at, at + 4_096));
  const followed = moving.read()?.density;
  expect(followed?.range[1]).toBeGreaterThanOrEqual(499);
  expect(followed?.outside).toBeLessThan(500);
  expect(seen(followed)).toBe(50_000);
});

test('a placeholder in a first file of few rows does not flatten the plot either', () => {
  const metrics = accumulateMetrics(column);
  const truth = Array.from({ length: 10_000 }, (_, i) => (i % 997) / 997);
  metrics.add([0.2, 0.5, 0.1], [0.2, -9999, 0.1]);
  for (let at = 0; at < truth.length; at += 250) metrics.add(truth.slice(at, at + 250), truth.slice(at, at + 250));
  const { density, mae_of_mean: ofMean } = metrics.read() ?? {};
  expect(density?.range[0]).toBeGreaterThan(-0.5);
  expect(density?.bins).toBeGreaterThan(30);
  expect(density?.outside).toBe(1);
  const all = [0.2, -9999, 0.1, ...truth];
  const centre = mean(all);
  expect(ofMean).toBeCloseTo(mean(all.map((t) => Math.abs(t - centre))), 3);
});

test.each([2, 10, 50])('a placeholder for %d %% of the truths is beside the plot of the others', (percent) => {
  const metrics = accumulateMetrics(column);
  const truth = Array.from({ length: 20_000 }, (_, i) => (i % 100 < percent ? -9999 : (i % 997) / 997));
  for (let at = 0; at < truth.length; at += 4_096)
    metrics.add(
      truth.slice(at, at + 4_096).map(() => 0.5),
      truth.slice(at, at + 4_096),
    );
  const { density } = metrics.read() ?? {};
  expect(density?.range[0]).toBeGreaterThan(-0.5);
  expect(density?.bins).toBeGreaterThan(30);
  expect(density?.outside).toBe(200 * percent);
});

test('a quantity that has its values around -99 has them in the plot', () => {
  const metrics = accumulateMetrics(column);
  const truth = Array.from({ length: 20_000 }, (_, i) => (i % 360) - 180);
  for (let at = 0; at < truth.length; at += 4_096)
    metrics.add(truth.slice(at, at + 4_096), truth.slice(at, at + 4_096));
  expect(metrics.read()?.density.outside).toBe(0);
  const only = accumulateMetrics(column);
  only.add([1, 2, 3], [-99, -99, -99]);
  expect(seen(only.read()?.density)).toBe(3);
});

test('the scatter is known also where the predictions are off by a million times as much', () => {
  const metrics = accumulateMetrics({ column: 'date_pred', truth: 'date', unit: 'd' });
  const errors = Array.from({ length: 10_001 }, (_, i) => 0.5 + 0.01 * Math.sin(i * 12.9898));
  const truth = errors.map((_, i) => 60_000 + (i % 100) / 10);
  metrics.add(
    truth.map((t, i) => t + 2_400_000 + (errors[i] ?? 0)),
    truth,
  );
  // The median of |sin| over all phases is √½.
  expect(metrics.read()?.nmad).toBeCloseTo(1.4826 * 0.01 * Math.SQRT1_2, 4);
});

test('scatter without its outliers, and the errors of redshifts over 1 + z', () => {
  const truth = Array.from({ length: 10_001 }, (_, i) => 0.1 + (i % 100) / 100);
  const errors = truth.map((_, i) => (i % 50 === 0 ? 3 : 0.02 * Math.sin(i * 12.9898)));
  const predicted = truth.map((t, i) => t + (errors[i] ?? 0));
  const nmad = (values: number[]) => {
    const median = (of: number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
    const centre = median(values);
    return 1.4826 * median(values.map((value) => Math.abs(value - centre)));
  };
  const redshift = accumulateMetrics({ column: 'redshift_pred', truth: 'redshift', unit: null });
  redshift.add(predicted, truth);
  const measured = redshift.read();
  const scaled = errors.map((e, i) => e / (1 + (truth[i] ?? 0)));
  expect((measured?.nmad ?? 0) / nmad(errors)).toBeCloseTo(1, 3);
  expect((measured?.redshift?.nmad ?? 0) / nmad(scaled)).toBeCloseTo(1, 3);
  expect(measured?.redshift?.outlier_share).toBeCloseTo(201 / 10_001, 9);
  const plain = accumulateMetrics({ column: 'mass_pred', truth: 'mass', unit: 'kg' });
  plain.add(predicted, truth);
  expect(plain.read()?.redshift).toBeNull();
});

test('whole numbers of few kinds are classes: which was taken for which, and the share that is right', () => {
  const classes = accumulateMetrics({ column: 'label_pred', truth: 'label', unit: null });
  classes.add(BigInt64Array.of(0n, 1n, 1n, 2n), Int32Array.of(0, 1, 2, 2));
  expect(classes.read()?.confusion).toEqual({ labels: [0, 1, 2], counts: [1, 0, 0, 0, 1, 0, 0, 1, 1], accuracy: 0.75 });
  const many = accumulateMetrics({ column: 'year_pred', truth: 'year', unit: null });
  const years = Int32Array.from({ length: 100 }, (_, i) => 1900 + i);
  many.add(years, years);
  expect(many.read()?.confusion).toBeNull();
  const floats = accumulateMetrics(column);
  floats.add(Float32Array.of(0, 1), Float32Array.of(0, 1));
  expect(floats.read()?.confusion).toBeNull();
});

test('classes of which some are not known are classes all the same: those rows are left out', () => {
  const classes = accumulateMetrics({ column: 'label_pred', truth: 'label', unit: null });
  classes.add(BigInt64Array.of(0n, 1n, 1n), Float64Array.of(0, Number.NaN, 0));
  classes.add(BigInt64Array.of(1n), Float64Array.of(1));
  expect(classes.read()).toMatchObject({
    n: 3,
    left_out: 1,
    confusion: { labels: [0, 1], counts: [1, 1, 0, 1], accuracy: expect.closeTo(2 / 3) },
  });
  const quantity = accumulateMetrics({ column: 'count_pred', truth: 'count', unit: null });
  quantity.add(BigInt64Array.of(0n, 1n, 1n), Float64Array.of(0, 1, 1));
  quantity.add(BigInt64Array.of(1n), Float64Array.of(1.5));
  expect(quantity.read()?.confusion).toBeNull();
});
