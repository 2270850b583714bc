import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvHeader, csvWriter } from './csv.ts';
import type { ColumnType, ColumnValues } from './parquet-columns.ts';

function lines(types: ColumnType[], columns: ColumnValues[], count: number): string {
  return Buffer.from(csvWriter(types)(columns, count)).toString();
}
const cells = (type: ColumnType, values: ColumnValues) => lines([type], [values], values.length).trimEnd().split('\n');
const float32Text = (value: number) => cells('FLOAT', Float32Array.of(value))[0] ?? '';

test('a 32-bit number is written as short as it can be read back', () => {
  const texts = [
    '0.1',
    '-0.5',
    '1',
    '100',
    '123456',
    '1e-7',
    '0.000001',
    '0.00123',
    '3.4028235e+38',
    'NaN',
    '-Infinity',
  ];
  for (const text of texts) expect(float32Text(Math.fround(Number(text)))).toBe(text);
  fc.assert(
    fc.property(fc.float(), (value) => {
      const text = float32Text(value);
      expect(Math.fround(Number(text))).toBe(Math.fround(value) + 0);
      // Below, floats have so few bits that fewer digits than 6 would do; 6 are written.
      if (Math.abs(value) > 1e-30) expect(text).toBe(shortest(Math.fround(value)));
    }),
    { numRuns: 5_000 },
  );
});

/** The decimal of fewest digits that is read as the same float. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short + 0);
  }
  return String(Number(value.toPrecision(9)));
}

test('integers keep every digit', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1 }), (values) => {
      expect(cells('INT64', BigInt64Array.from(values))).toEqual(values.map(String));
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1 }), (values) => {
      expect(cells('UINT64', BigUint64Array.from(values))).toEqual(values.map(String));
    }),
  );
  const small = [0, -1, 9, 10, 999_999_999, 1_000_000_000, -(2 ** 31), 2 ** 31 - 1];
  expect(cells('INT32', Int32Array.from(small))).toEqual(small.map(String));
  const edges = [0n, 2n ** 53n, -(2n ** 53n), 2n ** 32n, 10n ** 18n, -(2n ** 63n)];
  expect(cells('INT64', BigInt64Array.from(edges))).toEqual(edges.map(String));
});

test('a double is written as JavaScript reads it back', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(Number(cells('DOUBLE', Float64Array.of(value))[0])).toBe(value + 0);
    }),
  );
});

test('keys with commas, quotes and line breaks stay one field, also where they are long', () => {
  const ids = new BigInt64Array([1237648720693755918n, -1n, 2n]);
  const long = 'ü'.repeat(100_000);
  const text = lines(['STRING', 'INT64'], [['a,"b"\n', 'plain', long], ids], 3);
  expect(csvHeader(['source', 'id']) + text).toBe(`source,id\n"a,""b""\n",1237648720693755918\nplain,-1\n${long},2\n`);
});
