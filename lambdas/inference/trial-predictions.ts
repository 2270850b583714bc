import type { ColumnValues } from '../parquet-columns.ts';
import type { PredictionTable } from './predictions.ts';
import type { PredictionsFile } from './predictions-file.ts';

/** Predictions that are looked at instead of being written. */
export interface TrialPredictions {
  file: PredictionsFile;
  /** The columns and the first rows, as text. */
  preview(): { columns: string[]; rows: string[][] };
  /** Predicted columns that hold values which are NaN or infinite. */
  notANumber(): { column: string; message: string; all: boolean }[];
}

const PREVIEW_ROWS = 8;

export function openTrialPredictions(): TrialPredictions {
  let columns: string[] = [];
  const rows: string[][] = [];
  const bad = new Map<string, number>();
  let samples = 0;

  function look({ columns: described, metadata }: PredictionTable, values: ColumnValues[], count: number): void {
    columns = described.map(({ name }) => name);
    samples += count;
    for (let row = 0; row < count && rows.length < PREVIEW_ROWS; row++)
      rows.push(values.slice(1).map((column) => inText(column, row)));
    for (const { column } of metadata.predicted) {
      const predicted = values[columns.indexOf(column)];
      let found = 0;
      for (let row = 0; row < count; row++) {
        const value = predicted?.[row];
        if (typeof value === 'number' && !Number.isFinite(value)) found += 1;
      }
      bad.set(column, (bad.get(column) ?? 0) + found);
    }
  }

  return {
    file: {
      async append(_key, table, values, count) {
        look(table, values, count);
      },
      async flush() {},
      async finish() {
        return { notANumber: 0 };
      },
      async abort() {},
    },
    // Without the source: it is one file.
    preview: () => ({ columns: columns.slice(1), rows }),
    notANumber: () =>
      [...bad]
        .filter(([, found]) => found > 0)
        .map(([column, found]) => ({
          column: `column ${column}`,
          all: found === samples,
          message: `${howMany(found, samples)} NaN or infinite`,
        })),
  };
}

function howMany(found: number, samples: number): string {
  if (found < samples) return `${found} of ${samples} predictions are`;
  return samples === 1 ? 'the only prediction is' : `all ${samples} predictions are`;
}

/** A float32 with the digits that it has, not those of the nearest float64. */
function inText(column: ColumnValues, row: number): string {
  const value = column[row];
  return column instanceof Float32Array ? String(Number(Number(value).toPrecision(7))) : String(value);
}
