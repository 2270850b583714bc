import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type ColumnType, type ColumnValues, newColumn, type ParquetColumn } from './parquet-columns.ts';
import { parquetFooter } from './parquet-footer.ts';
import type { ObjectWriter } from './s3/object-writer.ts';

/** A parquet file that is written to S3 row group by row group. */
export interface ParquetFile {
  /** Adds rows: the first `count` values of each column, in the order of the columns. */
  append(values: ColumnValues[], count: number): Promise<void>;
  /** Writes the rows that are there as a row group: less is left for the end. */
  flush(): Promise<void>;
  finish(): Promise<void>;
}

/** Rows held in memory before they are written: a row group of six columns is about 2 MB. */
export const ROW_GROUP_ROWS = 65_536;
/** Where memory counts more than what a reader gains from large groups. */
const PLAIN_GROUP_ROWS = 8_192;
/** Of many columns, such as a probability for each redshift, a group has fewer rows: it is in memory more than once. */
export const GROUP_VALUES = 2 ** 22;

const elements = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  UINT64: { type: 'INT64', converted_type: 'UINT_64' },
  FLOAT: { type: 'FLOAT' },
  DOUBLE: { type: 'DOUBLE' },
} satisfies Record<ColumnType, Omit<SchemaElement, 'name'>>;

/**
 * @param metadata kept in the file's footer under the key `starmap`, as it is at the end.
 * @param plain without compression and statistics and in smaller groups: for a file that is soon read again, as a whole.
 */
export function writeParquet(
  writer: ObjectWriter,
  columns: ParquetColumn[],
  metadata: unknown,
  { plain = false } = {},
): ParquetFile {
  const bytes = new ByteWriter(64 * 1024);
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }): SchemaElement => ({ name, repetition_type: 'REQUIRED', ...elements[type] })),
  ];
  const footer = parquetFooter(schema);
  const parquet = new ParquetWriter({
    writer: bytes,
    schema,
    codec: plain ? 'UNCOMPRESSED' : 'SNAPPY',
    statistics: !plain,
  });
  const mostRows = Math.min(plain ? PLAIN_GROUP_ROWS : ROW_GROUP_ROWS, Math.ceil(GROUP_VALUES / columns.length));
  let groupRows = 0;
  let group: ColumnValues[] = [];
  let filled = 0;

  /** Most files have few rows: memory for a whole row group is taken when it is needed. */
  const grow = (wanted: number) => {
    groupRows = Math.min(mostRows, Math.max(wanted, groupRows * 2));
    group = columns.map(({ type }, i) => {
      const longer = newColumn(type, groupRows);
      const column = group[i];
      if (column) copy(column, 0, filled, longer, 0);
      return longer;
    });
  };

  const writeGroup = async () => {
    const columnData = columns.map(({ name, type }, i) => ({
      name,
      data: firstRows(group[i] ?? [], filled),
      // Without this the library looks for a dictionary, which costs more than all else: numbers seldom have one.
      encoding: type === 'STRING' ? undefined : ('PLAIN' as const),
      // It would be written at the end, when the groups are no longer known by objects.
      offsetIndex: false,
    }));
    parquet.write({ columnData, rowGroupSize: filled });
    for (const written of parquet.row_groups.splice(0)) footer.add(written);
    parquet.pendingIndexes.length = 0;
    filled = 0;
    await send();
  };
  const flush = async () => {
    if (filled > 0) await writeGroup();
  };
  const send = async () => {
    await writer.write(bytes.getBytes());
    bytes.index = 0;
  };

  return {
    async append(values, count) {
      for (let from = 0; from < count; ) {
        if (filled + count - from > groupRows && groupRows < mostRows) grow(filled + count - from);
        const taken = Math.min(count - from, groupRows - filled);
        for (const [i, target] of group.entries()) copy(values[i] as ColumnValues, from, taken, target, filled);
        filled += taken;
        from += taken;
        if (filled === mostRows) await writeGroup();
      }
    },
    flush,
    async finish() {
      await flush();
      footer.appendTo(bytes, [{ key: 'starmap', value: JSON.stringify(metadata) }]);
      await send();
      await writer.finish();
    },
  };
}

const firstRows = (values: ColumnValues, count: number): ColumnValues =>
  Array.isArray(values) ? values.slice(0, count) : values.subarray(0, count);

function copy(source: ColumnValues, from: number, count: number, target: ColumnValues, to: number): void {
  if (Array.isArray(target)) for (let i = 0; i < count; i++) target[to + i] = (source as string[])[from + i] ?? '';
  else target.set((source as Float64Array).subarray(from, from + count) as never, to);
}
