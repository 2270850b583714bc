import { expect, test } from 'vitest';
import { largestDifference } from './largest-difference.ts';
import type { Tensors } from './ort-session.ts';
import type { Numbers } from './tensor-data.ts';

const outputs = (...tensors: Numbers[]): Tensors =>
  Object.fromEntries(tensors.map((data, i) => [`y${i}`, { type: 'float32', data, shape: [data.length] }]));

test('a difference counts by the largest value of its output', () => {
  const expected = outputs(new Float32Array([100, 1, -200]), new Float32Array([0.5, Number.NaN]));
  expect(largestDifference(expected, expected)).toBe(0);
  const other = outputs(new Float32Array([100, 2, -200]), new Float32Array([0.5, Number.NaN]));
  expect(largestDifference(other, expected)).toBe(1 / 200);
});

test.each<[string, Numbers, Numbers]>([
  ['a number for what is none', new Float32Array([1]), new Float32Array([Number.NaN])],
  ['infinity for a number', new Float32Array([Number.POSITIVE_INFINITY]), new Float32Array([1])],
  ['another number of values', new Float32Array([1, 1]), new Float32Array([1])],
  ['another whole number of 64 bits', new BigInt64Array([1n]), new BigInt64Array([2n])],
  ['no output of that name', new Float32Array(), new Float32Array([1])],
])('%s is no matter of rounding', (_, value, expected) => {
  expect(largestDifference(outputs(value), outputs(expected))).toBe(Number.POSITIVE_INFINITY);
});
