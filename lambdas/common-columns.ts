import { type ColumnType, type ColumnValues, newColumn, type ParquetColumn } from './parquet-columns.ts';

/** The file has to be written again from its beginning, with columns that hold the values of all sources. */
export class WiderColumns extends Error {
  readonly columns: ParquetColumn[];

  constructor(columns: ParquetColumn[]) {
    super('columns of one name have several types');
    this.columns = columns;
  }
}

/**
 * How rows are made to fit a file that was begun with other columns of the same names: those of a CSV file with decimals
 * after one of whole numbers, of Parquet files of different precision. An id stays what it is, so it becomes text where
 * numbers could not hold it.
 * @param file columns of the file.
 * @param rows columns of the rows.
 * @returns why they cannot fit.
 * @throws WiderColumns where they can, with other columns from the beginning of the file.
 */
export function fitRows(file: ParquetColumn[], rows: ParquetColumn[]): FitRows | string {
  const columns = commonColumns(file, rows);
  if (typeof columns === 'string') return columns;
  if (columns.some(({ type }, i) => type !== file[i]?.type)) throw new WiderColumns(columns);
  return (values) =>
    values.map((column, i) => widen(column, rows[i]?.type as ColumnType, columns[i]?.type as ColumnType));
}

type FitRows = (values: ColumnValues[]) => ColumnValues[];

/** Names of ids; of several tensors they have numbers. */
const ID = /^id(_\d+)*$/;

/** @returns why there are none. */
export function commonColumns(ours: ParquetColumn[], theirs: ParquetColumn[]): ParquetColumn[] | string {
  const has = (columns: ParquetColumn[], name: string) => columns.some((column) => column.name === name);
  const lacking = ours.filter(({ name }) => !has(theirs, name)).map(({ name }) => name);
  const more = theirs.filter(({ name }) => !has(ours, name)).map(({ name }) => name);
  if (lacking.length > 0) return `has no column ${lacking.join(', ')}, which those before it have`;
  if (more.length > 0) return `has a column ${more.join(', ')}, which those before it do not have`;
  if (ours.some(({ name }, i) => theirs[i]?.name !== name))
    return 'has its columns in another order than those before it';
  return ours.map(({ name, type }, i) => ({ name, type: common(type, theirs[i]?.type ?? type, ID.test(name)) }));
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
  if (to === 'STRING') return Array.from<unknown, string>(values, textOf);
  const wide = newColumn(to, values.length) as (number | bigint)[] & ColumnValues;
  const convert = to === 'INT64' ? BigInt : Number;
  for (let row = 0; row < values.length; row++) wide[row] = convert(values[row] as number);
  return wide;
}

/** All digits of a whole number: of a large float JavaScript writes only those that tell it from others. */
const textOf = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 64
    ? String(BigInt(value))
    : String(value);
