import { expect, test } from 'vitest';
import { parseSize } from './parse-size.ts';

test.each([
  ['25MB', 25_000_000],
  ['1.5 GB', 1_500_000_000],
  ['64 MiB', 67_108_864],
  [' 5000000 ', 5_000_000],
  ['12b', 12],
])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each(['', 'abc', '-5MB', '0', '5 parsecs', '1e99GB', 'MB'])('%j is no size', (text) =>
  expect(parseSize(text)).toBeUndefined(),
);
