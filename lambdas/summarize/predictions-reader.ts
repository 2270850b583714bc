import { type AsyncBuffer, type FileMetaData, parquetMetadata, parquetMetadataAsync, parquetRead } from 'hyparquet';
import type { ColumnType, ColumnValues, ParquetColumn } from '../parquet-columns.ts';
import { newColumn } from '../parquet-columns.ts';
import { type PredictionsMetadata, predictionsMetadata } from '../predictions-metadata.ts';

/** A predictions file of one item, opened. */
export interface PredictionsFile {
  columns: ParquetColumn[];
  metadata: PredictionsMetadata;
  rows: number;
  /** Its row groups, one at a time, in order. */
  rowGroups(): AsyncGenerator<{ values: ColumnValues[]; count: number }>;
}

/**
 * Opens a predictions file.
 * @param file the whole file, or a way to read parts of it.
 * @throws where it is not one.
 */
export async function openPredictionsFile(file: ArrayBuffer | AsyncBuffer): Promise<PredictionsFile> {
  const metadata = file instanceof ArrayBuffer ? parquetMetadata(file) : await parquetMetadataAsync(file);
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'starmap')?.value;
  const columns = columnsOf(metadata);
  return {
    columns,
    metadata: predictionsMetadata.parse(JSON.parse(text ?? 'null')),
    rows: Number(metadata.num_rows),
    async *rowGroups() {
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        yield { values: await readGroup(file, metadata, columns, rowStart, count), count };
        rowStart += count;
      }
    },
  };
}

async function readGroup(
  file: ArrayBuffer | AsyncBuffer,
  metadata: FileMetaData,
  columns: ParquetColumn[],
  rowStart: number,
  count: number,
): Promise<ColumnValues[]> {
  const index = new Map(columns.map(({ name }, i) => [name, i]));
  const values: (ColumnValues | undefined)[] = columns.map(() => undefined);
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd: rowStart + count,
    onChunk({ columnName, columnData, rowStart: start }) {
      const i = index.get(columnName);
      if (i === undefined) return;
      const data = columnData as ColumnValues;
      // A column comes in one piece, or in one per page; numbers that were written by a dictionary come as a plain array.
      const isTyped = !Array.isArray(data) || (columns[i] as ParquetColumn).type === 'STRING';
      if (data.length === count && isTyped) values[i] = data;
      else {
        const whole = values[i] ?? newColumn((columns[i] as ParquetColumn).type, count);
        for (let row = 0; row < data.length; row++) whole[start - rowStart + row] = data[row] as never;
        values[i] = whole;
      }
    },
  });
  return values.map((column, i) => column ?? newColumn((columns[i] as ParquetColumn).type, count));
}

function columnsOf(metadata: FileMetaData): ParquetColumn[] {
  return metadata.schema.slice(1).map(({ name, type, converted_type: converted }): ParquetColumn => {
    const column: ColumnType =
      type === 'BYTE_ARRAY' ? 'STRING' : converted === 'UINT_64' ? 'UINT64' : (type as ColumnType);
    return { name, type: column };
  });
}
