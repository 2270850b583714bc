export type ColumnType = 'STRING' | 'INT32' | 'INT64' | 'UINT64' | 'FLOAT' | 'DOUBLE';
export interface ParquetColumn {
  name: string;
  type: ColumnType;
}
/** Values of one column, in a typed array that fits its type (strings in an array). */
export type ColumnValues = string[] | Int32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;

const arrays = {
  STRING: (rows: number): ColumnValues => new Array<string>(rows).fill(''),
  INT32: (rows: number) => new Int32Array(rows),
  INT64: (rows: number) => new BigInt64Array(rows),
  UINT64: (rows: number) => new BigUint64Array(rows),
  FLOAT: (rows: number) => new Float32Array(rows),
  DOUBLE: (rows: number) => new Float64Array(rows),
} satisfies Record<ColumnType, (rows: number) => ColumnValues>;

/** Memory for up to `rows` values of a type. */
export const newColumn = (type: ColumnType, rows: number): ColumnValues => arrays[type](rows);
