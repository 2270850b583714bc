import type { PredictionMetrics } from '../lib/domain/run-summary.ts';
import { type AbsoluteDeviation, sumDeviations } from './absolute-deviation.ts';
import { type DensityGrid, openDensityGrid } from './density-grid.ts';
import { bulkOf, FIRST_VALUES } from './first-values.ts';
import { countLabels, type LabelCounts } from './label-counts.ts';
import { countNear } from './near-values.ts';
import { countPlaceholders, isPlaceholder } from './placeholders.ts';

/** Numbers of one column; bigint columns are compared as numbers. */
type Values = ArrayLike<number | bigint>;

/** Compares a predicted column with its truth while the rows go by, in constant memory. */
export interface MetricsAccumulator {
  add(predicted: Values, truth: Values): void;
  /** Undefined where no pair of numbers was seen. */
  read(): PredictionMetrics | undefined;
}

/** Cells a side of the density grid that is reported. */
const DENSITY_BINS = 64;
/** Larger numbers are no measurements, and the sum of their squares would be more than a number can hold. */
const LARGEST = 1e145;
/** The median absolute deviation of a normal distribution times this is its standard deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Share of the first truths that may lie beside the grid at each end when it begins. */
const FIRST_TAIL = 0.005;
/** Names of a redshift: errors are then told as Δz/(1+z) too, as astronomers do. */
const REDSHIFT = /redshift|^(spec|phot|true)?_?z(_?(spec|phot|true|pred))?$|^photo_?z|^spec_?z/i;
/** Redshift errors |Δz|/(1+z) above this are outliers (Hildebrandt et al. 2010). */
const OUTLIER = 0.15;

/**
 * Error measures of predictions p against truths t, with residuals e = p − t over the n pairs in which both are numbers of at
 * most 10^145 in size; `left_out` counts the others, `no_truth` those of them in which t is none:
 *
 * - `mae`  = Σ|e| / n
 * - `mse`  = Σe² / n
 * - `bias` = ē = Σe / n
 * - `precision` = √(Σ(e − ē)² / n), the standard deviation of the residual (population form, as numpy's `std`)
 * - `r2`   = 1 − Σe² / Σ(t − t̄)²; null where all truths are equal
 * - `mae_of_mean` = Σ|t − t̄| / n: the error of always answering the mean of the truth. In one pass exact but for the
 *   truths within the same 1/4,096 of the range as t̄
 * - `nmad` = 1.4826 × median(|e − median(e)|), the scatter without its outliers, to 1/4,000 of the larger deviations
 * - `redshift`, where the column is one: the same, with Δ = e / (1 + t) for e, and the share of |Δ| > 0.15; over the
 *   pairs with t > −1
 * - `placeholders`: truths such as −99 and how often they occur; they are in all of the above
 * - `confusion`, where both columns hold whole numbers with at most 32 different values, the predicted one as integers (of
 *   truths, some of which are missing, floats are made): how often which class was predicted for which, and the share that
 *   is right
 *
 * Means and squares are updated value by value (Welford 1962), so large offsets cost no digits. They have the unit of
 * the column (`mse` its square).
 */
export function accumulateMetrics(column: { column: string; truth: string; unit: string | null }): MetricsAccumulator {
  const isRedshift = REDSHIFT.test(column.truth) || REDSHIFT.test(column.column);
  let n = 0;
  let leftOut = 0;
  let noTruth = 0;
  let absolute = 0;
  let squares = 0;
  let bias = 0;
  let residualSquares = 0;
  let meanTruth = 0;
  let truthSquares = 0;
  let outliers = 0;
  const residuals = countNear();
  const placeholders = countPlaceholders();
  const scaled = isRedshift ? countNear() : undefined;
  const first: Pair[] = [];
  let overview: Overview | undefined;
  let labels: LabelCounts | undefined;
  return {
    add(predicted, truth) {
      if (isInteger(predicted)) labels ??= countLabels();
      for (let i = 0; i < truth.length; i++) {
        const p = Number(predicted[i]);
        const t = Number(truth[i]);
        if (!isUsable(p) || !isUsable(t)) {
          leftOut += 1;
          if (!isUsable(t)) noTruth += 1;
          continue;
        }
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
        residuals.add(e);
        placeholders.add(t);
        if (scaled && t > -1) {
          const delta = e / (1 + t);
          scaled.add(delta);
          if (Math.abs(delta) > OUTLIER) outliers += 1;
        }
        labels?.add(t, p);
        if (overview) addTo(overview, t, p);
        else if (first.push({ t, p }) === FIRST_VALUES) overview = openOverview(first.splice(0));
      }
    },
    read() {
      if (n === 0) return undefined;
      overview ??= openOverview(first);
      const { grid, deviations } = overview;
      return {
        ...column,
        n,
        left_out: leftOut,
        no_truth: noTruth,
        placeholders: placeholders.read(),
        mae: absolute / n,
        mse: squares / n,
        bias,
        precision: Math.sqrt(residualSquares / n),
        nmad: MAD_TO_SIGMA * residuals.medianAbsoluteDeviation(),
        r2: truthSquares > 0 ? 1 - squares / truthSquares : null,
        mae_of_mean: deviations.sum(meanTruth) / n,
        redshift:
          scaled && scaled.n > 0
            ? { n: scaled.n, nmad: MAD_TO_SIGMA * scaled.medianAbsoluteDeviation(), outlier_share: outliers / scaled.n }
            : null,
        confusion: confusion(labels, n),
        density: grid.read(DENSITY_BINS),
      };
    },
  };
}

const isUsable = (value: number) => Math.abs(value) <= LARGEST;

const isInteger = (values: Values) =>
  values instanceof Int32Array || values instanceof BigInt64Array || values instanceof BigUint64Array;

function confusion(pairs: LabelCounts | undefined, n: number): PredictionMetrics['confusion'] {
  const found = pairs?.read();
  if (!found) return null;
  const right = found.labels.reduce((sum, _, i) => sum + (found.counts[i * found.labels.length + i] ?? 0), 0);
  return { ...found, accuracy: right / n };
}

interface Pair {
  t: number;
  p: number;
}

/** What begins with the range of the truths. */
interface Overview {
  grid: DensityGrid;
  deviations: AbsoluteDeviation;
}

function openOverview(first: Pair[]): Overview {
  const truths = first.map(({ t }) => t);
  const known = truths.filter((t) => !isPlaceholder(t));
  const overview = {
    grid: openDensityGrid(bulkOf(known.length > 0 ? known : truths, FIRST_TAIL)),
    deviations: sumDeviations(bulkOf(truths, FIRST_TAIL)),
  };
  for (const { t, p } of first) addTo(overview, t, p);
  return overview;
}

function addTo({ grid, deviations }: Overview, t: number, p: number): void {
  grid.add(t, p);
  deviations.add(t);
}
