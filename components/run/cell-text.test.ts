import { expect, test } from 'vitest';
import { cellText, columnDigits } from './cell-text.ts';

test.each([
  ['a redshift', [0.123456789, 0.987654321], ['0.123457', '0.987654']],
  ['dates of one night', [2_459_000.512345, 2_459_000.498765], ['2459000.512345', '2459000.498765']],
  ['whole numbers', [1_234_567_890, 1_234_567_891], ['1234567890', '1234567891']],
  ['one number again and again', [0.1 + 0.2, 0.1 + 0.2], ['0.3', '0.3']],
  ['numbers of 32 bits', [Math.fround(2.6910763e38), Math.fround(0.1)], ['2.69108e+38', '0.1']],
  ['what is no number', [Number.NaN, Number.NEGATIVE_INFINITY], ['NaN', '-Infinity']],
  ['texts and nothing', ['7', null], ['7', '—']],
])('%s', (_, values, texts) => {
  const digits = columnDigits(values);
  expect(values.map((value) => cellText(value, digits))).toEqual(texts);
});
