import type { NotANumberReport } from '../../lib/domain/run-summary.ts';
import type { ColumnValues } from '../parquet-columns.ts';

/** Files that are named. */
const MAX_NAMED = 20;

/** Counts the samples for which some predicted value is not a finite number, by the file they come from. */
export interface NotANumberCount {
  /** Rows of one file follow each other. */
  add(sources: string[], predicted: ColumnValues[], count: number): void;
  read(): NotANumberReport;
}

export function countNotANumber(): NotANumberCount {
  const report: NotANumberReport = { samples: 0, files: 0, named: [] };
  let last: { key: string; samples: number } | undefined;
  return {
    add(sources, predicted, count) {
      const floats = predicted.filter((values) => values instanceof Float32Array || values instanceof Float64Array);
      for (let row = 0; row < count; row++) {
        if (floats.every((values) => Number.isFinite(values[row]))) continue;
        const key = sources[row] ?? '';
        if (last?.key !== key) {
          last = { key, samples: 0 };
          report.files += 1;
          if (report.named.length < MAX_NAMED) report.named.push(last);
        }
        last.samples += 1;
        report.samples += 1;
      }
    },
    read: () => report,
  };
}

/** `1,204 of 20,000 samples have a prediction that is not a number, in 3 of 40 files: …` */
export function notANumberWarning(
  { samples, files, named }: NotANumberReport,
  rows: number,
  partitions: number,
): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const first = named.slice(0, 3).map((file) => `${file.key} (${count(file.samples)})`);
  const others = files > first.length ? `, and ${count(files - first.length)} more` : '';
  const what = `${count(samples)} of ${count(rows)} ${rows === 1 ? 'sample' : 'samples'} ${samples === 1 ? 'has' : 'have'} a prediction that is not a number`;
  const where = `in ${count(files)} of ${count(partitions)} ${partitions === 1 ? 'file' : 'files'}: ${first.join(', ')}${others}`;
  return `${what}, ${where}. Such predictions are in the result files as they are, and left out of the statistics.`;
}
