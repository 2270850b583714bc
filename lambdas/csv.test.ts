import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvHeader, csvRows, float32Text } from './csv.ts';

test('a 32-bit number is written as short as it can be read back', () => {
  expect(float32Text(Math.fround(0.1))).toBe('0.1');
  expect(float32Text(Number.NaN)).toBe('NaN');
  fc.assert(
    fc.property(fc.float(), (value) => {
      expect(Math.fround(Number(float32Text(value)))).toBe(Math.fround(value) + 0);
    }),
  );
});

test('keys with commas, quotes and line breaks stay one field; ids keep every digit', () => {
  const text = csvRows(['STRING', 'INT64'], [['a,"b"\n', 'plain'], new BigInt64Array([1237648720693755918n, -1n])], 2);
  expect(csvHeader(['source', 'id']) + text).toBe('source,id\n"a,""b""\n",1237648720693755918\nplain,-1\n');
});
