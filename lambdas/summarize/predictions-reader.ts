import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadata,
  parquetMetadataAsync,
  parquetRead,
  type RowGroup,
} from 'hyparquet';
import { inOrder } from '../in-order.ts';
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
 * Row groups are fetched together up to this size. A larger one, of many columns, is fetched when it is read: with the next
 * one beside it, it would take 32 MB.
 */
const PART_BYTES = 2_000_000;
/** One is being fetched while the rows of the one before are used. */
const PARTS_AT_A_TIME = 2;

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
      for await (const { groups, part } of fetchGroups(file, metadata.row_groups)) {
        for (const group of groups) yield await readGroup(part, { ...metadata, row_groups: [group] }, columns);
      }
    },
  };
}

/** Row groups that lie one after the other: `start` is the place of their first byte, `end` that after the last. */
interface Part {
  groups: RowGroup[];
  start: number;
  end: number;
}

/** Fetches some row groups at a time. `part` has their bytes where they lie in the file. */
async function* fetchGroups(
  file: ArrayBuffer | AsyncBuffer,
  all: RowGroup[],
): AsyncGenerator<{ groups: RowGroup[]; part: ArrayBuffer | AsyncBuffer }> {
  if (file instanceof ArrayBuffer) {
    yield { groups: all, part: file };
    return;
  }
  yield* inOrder(partsOf(all), PARTS_AT_A_TIME, async ({ groups, start, end }) => {
    if (end - start > PART_BYTES) return { groups, part: file };
    const bytes = await file.slice(start, end);
    const slice = (from: number, to = file.byteLength) => bytes.slice(from - start, to - start);
    return { groups, part: { byteLength: file.byteLength, slice } };
  });
}

function* partsOf(groups: RowGroup[]): Generator<Part> {
  let part: Part | undefined;
  for (const group of groups) {
    const { start, end } = bytesOf(group);
    if (part && end - part.start <= PART_BYTES) {
      part.groups.push(group);
      part.end = end;
      continue;
    }
    if (part) yield part;
    part = { groups: [group], start, end };
  }
  if (part) yield part;
}

function bytesOf({ columns }: RowGroup): { start: number; end: number } {
  let [start, end] = [Infinity, 0];
  for (const { meta_data: chunk } of columns) {
    if (!chunk) throw new Error('a column is not described');
    const at = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    start = Math.min(start, at);
    end = Math.max(end, at + Number(chunk.total_compressed_size));
  }
  return { start, end };
}

async function readGroup(
  file: ArrayBuffer | AsyncBuffer,
  metadata: FileMetaData,
  columns: ParquetColumn[],
): Promise<{ values: ColumnValues[]; count: number }> {
  const count = Number(metadata.row_groups[0]?.num_rows);
  const index = new Map(columns.map(({ name }, i) => [name, i]));
  const values: (ColumnValues | undefined)[] = columns.map(() => undefined);
  await parquetRead({
    file,
    metadata,
    onChunk({ columnName, columnData, rowStart }) {
      const i = index.get(columnName);
      if (i === undefined) return;
      const data = columnData as ColumnValues;
      // A column comes in one piece, or in one per page; numbers that were written by a dictionary come as a plain array.
      const isTyped = !Array.isArray(data) || (columns[i] as ParquetColumn).type === 'STRING';
      if (data.length === count && isTyped) values[i] = data;
      else {
        const whole = values[i] ?? newColumn((columns[i] as ParquetColumn).type, count);
        for (let row = 0; row < data.length; row++) whole[rowStart + row] = data[row] as never;
        values[i] = whole;
      }
    },
  });
  return { count, values: values.map((column, i) => column ?? newColumn((columns[i] as ParquetColumn).type, count)) };
}

function columnsOf(metadata: FileMetaData): ParquetColumn[] {
  return metadata.schema.slice(1).map(({ name, type, converted_type: converted }): ParquetColumn => {
    const column: ColumnType =
      type === 'BYTE_ARRAY' ? 'STRING' : converted === 'UINT_64' ? 'UINT64' : (type as ColumnType);
    return { name, type: column };
  });
}
