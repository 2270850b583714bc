import { type ColumnType, type ColumnValues, newColumn, type ParquetColumn } from '../parquet-columns.ts';

/** The merge has to begin again, with columns that hold the values of all files. */
export class WiderColumns extends Error {
  readonly columns: ParquetColumn[];

  constructor(columns: ParquetColumn[]) {
    super('columns of one name have several types');
    this.columns = columns;
  }
}

/**
 * Columns for two files whose columns have the same names: a CSV file with decimals beside one of whole numbers, Parquet
 * files of different precision. An id stays what it is, so it becomes text where numbers could not hold it.
 * @returns why there are none.
 */
export function commonColumns(ours: ParquetColumn[], theirs: ParquetColumn[]): ParquetColumn[] | string {
  const has = (columns: ParquetColumn[], name: string) => columns.some((column) => column.name === name);
  const lacking = ours.filter(({ name }) => !has(theirs, name)).map(({ name }) => name);
  const more = theirs.filter(({ name }) => !has(ours, name)).map(({ name }) => name);
  if (lacking.length > 0) return `has no column ${lacking.join(', ')}, which those before it have`;
  if (more.length > 0) return `has a column ${more.join(', ')}, which those before it do not have`;
  if (ours.some(({ name }, i) => theirs[i]?.name !== name))
    return 'has its columns in another order than those before it';
  return ours.map(({ name, type }, i) => ({ name, type: common(type, theirs[i]?.type ?? type, name === 'id') }));
}

function common(a: ColumnType, b: ColumnType, isExact: boolean): ColumnType {
  const types = new Set([a, b]);
  const only = (...some: ColumnType[]) => [...types].every((type) => some.includes(type));
  if (types.size === 1) return a;
  if (only('INT32', 'INT64')) return 'INT64';
  if (only('FLOAT', 'DOUBLE')) return 'DOUBLE';
  return isExact || types.has('STRING') ? 'STRING' : 'DOUBLE';
}

/** Values in a column that holds them. */
export function widen(values: ColumnValues, from: ColumnType, to: ColumnType): ColumnValues {
  if (from === to) return values;
  if (to === 'STRING') return Array.from<unknown, string>(values, String);
  const wide = newColumn(to, values.length) as (number | bigint)[] & ColumnValues;
  const convert = to === 'INT64' ? BigInt : Number;
  for (let row = 0; row < values.length; row++) wide[row] = convert(values[row] as number);
  return wide;
}
