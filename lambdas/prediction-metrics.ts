import type { PredictionMetrics } from '../lib/domain/run-summary.ts';
import { type DensityGrid, openDensityGrid } from './density-grid.ts';

/** Numbers of one column; bigint columns are compared as numbers. */
type Values = ArrayLike<number | bigint>;

/** Compares a predicted column with its truth while the rows go by, in constant memory. */
export interface MetricsAccumulator {
  add(predicted: Values, truth: Values): void;
  /** Undefined where no pair of finite numbers was seen. */
  read(): PredictionMetrics | undefined;
}

/** Cells a side of the density grid that is reported. */
const DENSITY_BINS = 64;

/**
 * Error measures of predictions p against truths t, with residuals e = p − t over the n pairs in which both are finite:
 *
 * - `mae`  = Σ|e| / n
 * - `mse`  = Σe² / n
 * - `bias` = ē = Σe / n
 * - `precision` = √(Σ(e − ē)² / n), the standard deviation of the residual (population form, as numpy's `std`)
 * - `r2`   = 1 − Σe² / Σ(t − t̄)²; null where all truths are equal
 * - `mae_of_mean` = Σ|t − t̄| / n: the error of always answering the mean of the truth. In one pass exact but for the
 *   truths within the same 1/256 of the range as t̄
 *
 * Means and squares are updated value by value (Welford 1962), so large offsets cost no digits. They have the unit of
 * the column (`mse` its square).
 */
export function accumulateMetrics(column: { column: string; truth: string; unit: string | null }): MetricsAccumulator {
  let n = 0;
  let absolute = 0;
  let squares = 0;
  let bias = 0;
  let residualSquares = 0;
  let meanTruth = 0;
  let truthSquares = 0;
  let grid: DensityGrid | undefined;
  return {
    add(predicted, truth) {
      grid ??= firstGrid(predicted, truth);
      for (let i = 0; i < truth.length; i++) {
        const p = Number(predicted[i]);
        const t = Number(truth[i]);
        if (!Number.isFinite(p) || !Number.isFinite(t)) continue;
        const e = p - t;
        n += 1;
        absolute += Math.abs(e);
        squares += e * e;
        const fromBias = e - bias;
        bias += fromBias / n;
        residualSquares += fromBias * (e - bias);
        const fromMean = t - meanTruth;
        meanTruth += fromMean / n;
        truthSquares += fromMean * (t - meanTruth);
        grid?.add(t, p);
      }
    },
    read() {
      if (n === 0 || !grid) return undefined;
      return {
        ...column,
        n,
        mae: absolute / n,
        mse: squares / n,
        bias,
        precision: Math.sqrt(residualSquares / n),
        r2: truthSquares > 0 ? 1 - squares / truthSquares : null,
        mae_of_mean: grid.sumAbsoluteDeviation(meanTruth) / n,
        density: grid.read(DENSITY_BINS),
      };
    },
  };
}

/** A grid over the truths of the first rows; undefined while there is no finite pair. */
function firstGrid(predicted: Values, truth: Values): DensityGrid | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < truth.length; i++) {
    const t = Number(truth[i]);
    if (!Number.isFinite(t) || !Number.isFinite(Number(predicted[i]))) continue;
    low = Math.min(low, t);
    high = Math.max(high, t);
  }
  return low <= high ? openDensityGrid([low, high]) : undefined;
}
