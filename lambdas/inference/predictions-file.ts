import { fitRows } from '../common-columns.ts';
import { Failure } from '../failure.ts';
import type { ColumnValues, ParquetColumn } from '../parquet-columns.ts';
import type { ParquetFile } from '../parquet-file.ts';
import type { PredictionsMetadata } from '../predictions-metadata.ts';
import { type ObjectWriter, writeObject } from '../s3/object-writer.ts';
import type { S3Objects } from '../s3/objects.ts';
import { countNotANumber, type PredictionTable } from './predictions.ts';

/** The predictions file of one item. It begins with the first batch, which tells its columns. */
export interface PredictionsFile {
  /** @throws WiderColumns where rows of another source file need other columns from the beginning. */
  append(key: string, table: PredictionTable, values: ColumnValues[], count: number): Promise<void>;
  /** Writes the rows that are there: less is left for the end. */
  flush(): Promise<void>;
  /** @returns how many samples have a predicted value that is NaN or infinite. */
  finish(): Promise<{ notANumber: number }>;
  abort(): Promise<void>;
}

/** @param wider columns to write instead of those of the first batch. */
export function openPredictions(
  objects: S3Objects,
  bucket: string,
  key: string,
  wider?: ParquetColumn[],
): PredictionsFile {
  // It is there before the first outputs are.
  const loading = import('../parquet-file.ts');
  let writer: ObjectWriter | undefined;
  let parquet: ParquetFile | undefined;
  let columns = wider;
  let metadata: PredictionsMetadata | undefined;
  let before: string | undefined;
  let notANumber = 0;
  return {
    async append(source, table, values, count) {
      columns ??= table.columns;
      const toFit = fitRows(columns, table.columns, new Set(table.metadata.truth.map(({ truth }) => truth)));
      if (typeof toFit === 'string') throw new Failure('PartitionCorrupt', `${source} ${toFit}`);
      // The model runs while a part is being sent: nothing is gained by filling the next one meanwhile.
      const target = { bucket, key, contentType: 'application/vnd.apache.parquet' };
      writer ??= writeObject(objects, target, { ahead: false });
      const { writeParquet } = await loading;
      metadata ??= { ...table.metadata, absent: [] };
      parquet ??= writeParquet(writer, columns, metadata, { plain: true });
      if (source !== before) metadata.absent.push(...table.metadata.absent);
      before = source;
      notANumber += countNotANumber(table, values, count);
      await parquet.append(toFit(values), count);
    },
    async flush() {
      await parquet?.flush();
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
