import type { PredictedColumn } from '../lib/domain/run-summary.ts';
import { countLabels } from './label-counts.ts';
import { countNear } from './near-values.ts';
import type { ColumnValues } from './parquet-columns.ts';

/** Describes the values of one predicted column while the rows go by, in constant memory. */
export interface ColumnAccumulator {
  add(values: ColumnValues): void;
  read(): PredictedColumn;
}

/** Definitions: `predictedColumn` in lib/domain/run-summary.ts. */
export function accumulateColumn(column: { column: string; unit: string | null }): ColumnAccumulator {
  const values = countNear();
  // Only whole-number outputs are labels; what a float happens to hold is not.
  let labels: ReturnType<typeof countLabels> | undefined;
  let notANumber = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(piece) {
      const isWhole = !(piece instanceof Float32Array || piece instanceof Float64Array);
      if (isWhole) labels ??= countLabels();
      for (let i = 0; i < piece.length; i++) {
        const value = Number(piece[i]);
        if (!Number.isFinite(value)) {
          notANumber += 1;
          continue;
        }
        values.add(value);
        labels?.add(value, value);
        const fromMean = value - mean;
        mean += fromMean / values.n;
        squares += fromMean * (value - mean);
      }
    },
    read() {
      const { n } = values;
      const found = labels?.read();
      const histogram = values.histogram();
      return {
        ...column,
        n,
        not_a_number: notANumber,
        min: n > 0 ? values.quantile(0) : null,
        max: n > 0 ? values.quantile(1) : null,
        median: n > 0 ? values.quantile(0.5) : null,
        mean: n > 0 ? mean : null,
        standard_deviation: n > 0 ? Math.sqrt(squares / n) : null,
        labels: found
          ? found.labels.map((label, i) => ({ label, n: found.counts[i * found.labels.length + i] ?? 0 }))
          : null,
        // The edges of bins around the largest numbers are larger than any.
        histogram: histogram?.range.every(Number.isFinite) ? histogram : null,
      };
    },
  };
}
