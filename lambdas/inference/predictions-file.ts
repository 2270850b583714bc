import { Failure } from '../failure.ts';
import type { ColumnValues } from '../parquet-columns.ts';
import type { ParquetFile } from '../parquet-file.ts';
import { type ObjectWriter, writeObject } from '../s3/object-writer.ts';
import type { S3Objects } from '../s3/objects.ts';
import { countNotANumber, type PredictionTable } from './predictions.ts';

/** The predictions file of one item. It begins with the first batch, which tells its columns. */
export interface PredictionsFile {
  append(key: string, table: PredictionTable, values: ColumnValues[], count: number): Promise<void>;
  /** @returns how many samples have a predicted value that is NaN or infinite. */
  finish(): Promise<{ notANumber: number }>;
  abort(): Promise<void>;
}

export function openPredictions(objects: S3Objects, bucket: string, key: string): PredictionsFile {
  // It is there before the first outputs are, and need not be for a cold start to begin.
  const loading = import('../parquet-file.ts');
  let writer: ObjectWriter | undefined;
  let parquet: ParquetFile | undefined;
  let columns: string | undefined;
  let notANumber = 0;
  return {
    async append(source, table, values, count) {
      const names = table.columns.map(({ name, type }) => `${name} ${type}`).join(', ');
      columns ??= names;
      if (names !== columns) {
        const what = `it gives the columns ${names}, the files of this item before it gave ${columns}`;
        throw new Failure('PartitionCorrupt', `${source}: ${what}`);
      }
      writer ??= writeObject(objects, { bucket, key, contentType: 'application/vnd.apache.parquet' });
      const { writeParquet } = await loading;
      parquet ??= writeParquet(writer, table.columns, table.metadata, { plain: true });
      notANumber += countNotANumber(table, values, count);
      await parquet.append(values, count);
    },
    async finish() {
      await parquet?.finish();
      return { notANumber };
    },
    async abort() {
      await writer?.abort();
    },
  };
}
