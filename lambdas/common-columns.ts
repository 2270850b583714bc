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
 * How rows are made to fit a file that was begun with other columns: those of a CSV file with decimals after one of whole
 * numbers, of Parquet files of different precision, of a file whose ids or truths are not known. An id stays what it is, so
 * it becomes text where numbers could not hold it, and is empty where there is none; a truth is NaN then.
 * @param file columns of the file.
 * @param rows columns of the rows.
 * @param truths names of columns that hold truths.
 * @returns why they cannot fit.
 * @throws WiderColumns where they can, with other columns from the beginning of the file.
 */
export function fitRows(file: ParquetColumn[], rows: ParquetColumn[], truths: ReadonlySet<string>): FitRows | string {
  const columns = commonColumns(file, rows, truths);
  if (typeof columns === 'string') return columns;
  if (columns.length > file.length || columns.some(({ type }, i) => type !== file[i]?.type))
    throw new WiderColumns(columns);
  const places = columns.map(({ name }) => rows.findIndex((row) => row.name === name));
  return (values) => {
    const count = values[0]?.length ?? 0;
    return columns.map(({ type }, i) => {
      const [given, column] = [rows[places[i] as number], values[places[i] as number]];
      if (given && column) return widen(column, given.type, type);
      const none = newColumn(type, count);
      return type === 'STRING' ? none : (none as Float64Array).fill(Number.NaN);
    });
  };
}

type FitRows = (values: ColumnValues[]) => ColumnValues[];

/** Names of ids; of several tensors they have numbers. */
const ID = /^id(_\d+)*$/;

/**
 * @param truths names of columns that may be absent, as those of ids may.
 * @returns why there are none.
 */
export function commonColumns(
  ours: ParquetColumn[],
  theirs: ParquetColumn[],
  truths: ReadonlySet<string>,
): ParquetColumn[] | string {
  const typeIn = (columns: ParquetColumn[], wanted: string) => columns.find(({ name }) => name === wanted)?.type;
  const needed = ({ name }: ParquetColumn) => !ID.test(name) && !truths.has(name);
  const lacking = ours.filter((column) => needed(column) && !typeIn(theirs, column.name)).map(({ name }) => name);
  const more = theirs.filter((column) => needed(column) && !typeIn(ours, column.name)).map(({ name }) => name);
  if (lacking.length > 0) return `has no column ${lacking.join(', ')}, which those before it have`;
  if (more.length > 0) return `has a column ${more.join(', ')}, which those before it do not have`;
  const names = ours.map(({ name }) => name);
  for (const [i, { name }] of theirs.entries())
    if (!names.includes(name)) names.splice(names.indexOf(theirs[i - 1]?.name ?? '') + 1, 0, name);
  return names.map((name) => {
    const isId = ID.test(name);
    const none: ColumnType = isId ? 'STRING' : 'FLOAT';
    return { name, type: common(typeIn(ours, name) ?? none, typeIn(theirs, name) ?? none, isId) };
  });
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
