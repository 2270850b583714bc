import { expect, test } from 'vitest';
import { countPlaceholders } from './placeholders.ts';

function placeholders(...truths: number[]) {
  const count = countPlaceholders();
  for (const truth of truths) count.add(truth);
  return count.read();
}
const times = (n: number, value: number) => new Array<number>(n).fill(value);

test('the numbers of catalogues are placeholders, the most frequent first', () => {
  expect(placeholders(0.1, -99, 0.3, ...times(5, -9999), 0.7)).toEqual([
    { value: -9999, n: 5 },
    { value: -99, n: 1 },
  ]);
  expect(placeholders(0.1, -1, 0, 12)).toEqual([]);
});

test('so is any other low number that occurs again and again', () => {
  expect(placeholders(...times(10, -1e30), 0.3)).toEqual([{ value: -1e30, n: 10 }]);
  expect(placeholders(...times(9, -1e30), 0.3)).toEqual([]);
});

test('a quantity that has its values there has no placeholders', () => {
  const longitudes = Array.from({ length: 3_600 }, (_, i) => (i % 360) - 180);
  expect(placeholders(...longitudes)).toEqual([]);
  const fine = Array.from({ length: 100_000 }, (_, i) => -180 + i / 1_000);
  expect(placeholders(...fine, -99)).toEqual([]);
});
