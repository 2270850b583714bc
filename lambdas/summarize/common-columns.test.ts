import { expect, test } from 'vitest';
import type { ColumnType } from '../parquet-columns.ts';
import { commonColumns, widen } from './common-columns.ts';

test.each<[ColumnType, ColumnType, ColumnType, ColumnType]>([
  ['INT32', 'INT32', 'INT32', 'INT32'],
  ['INT32', 'INT64', 'INT64', 'INT64'],
  ['FLOAT', 'DOUBLE', 'DOUBLE', 'DOUBLE'],
  ['INT64', 'DOUBLE', 'DOUBLE', 'STRING'],
  ['INT64', 'UINT64', 'DOUBLE', 'STRING'],
  ['INT32', 'STRING', 'STRING', 'STRING'],
])('%s and %s are %s, as an id %s', (a, b, truth, id) => {
  const columns = (type: ColumnType) => ['z', 'id'].map((name) => ({ name, type }));
  const expected = [
    { name: 'z', type: truth },
    { name: 'id', type: id },
  ];
  expect(commonColumns(columns(a), columns(b))).toEqual(expected);
  expect(commonColumns(columns(b), columns(a))).toEqual(expected);
});

test('values are the same in a wider column', () => {
  const id = 9007199254740993n;
  expect(widen(BigInt64Array.of(id), 'INT64', 'STRING')).toEqual([String(id)]);
  expect(widen(Int32Array.of(-1), 'INT32', 'INT64')).toEqual(BigInt64Array.of(-1n));
  expect(widen(Float32Array.of(0.5, Number.NaN), 'FLOAT', 'DOUBLE')).toEqual(Float64Array.of(0.5, Number.NaN));
});
