import { expect, test } from 'vitest';
import type { TensorValue } from './session.ts';
import { runInSlices, sliceRows } from './slices.ts';

const floats = (shape: number[]): TensorValue => ({
  type: 'float32',
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i),
  shape,
});

test('a slice holds up to 1 MiB of input for each thread, and 8 samples at least', () => {
  const image = (rows: number) => ({ image: floats([rows, 5, 32, 32]), magnitude: floats([rows, 5]) });
  expect(sliceRows(image(512), 1)).toBe(32);
  expect(sliceRows(image(512), 4)).toBe(128);
  expect(sliceRows(image(20), 1)).toBe(20);
  expect(sliceRows({ photo: floats([16, 3, 224, 224]) }, 1)).toBe(8);
});

test('inputs that do not agree on the number of samples stay whole', () => {
  expect(sliceRows({ image: floats([512, 5, 32, 32]), sky: floats([1, 8]) }, 1)).toBe(512);
});

test('the slices give what the batch gives, the last one smaller', async () => {
  const seen: number[] = [];
  const doubled = async ({ x }: Record<string, TensorValue>) => {
    const { data, shape } = x as TensorValue;
    seen.push(shape[0] ?? 0);
    return { y: { type: 'float32', data: (data as Float32Array).map((value) => 2 * value), shape } };
  };
  const x = floats([10, 3]);
  const joined = await runInSlices({ x }, 4, doubled);
  expect(seen).toEqual([4, 4, 2]);
  expect(joined).toEqual({ y: { ...x, data: (x.data as Float32Array).map((value) => 2 * value) } });
});

test('an output without a row per sample cannot be joined', async () => {
  const mean = async () => ({ y: floats([1]) });
  expect(await runInSlices({ x: floats([10, 3]) }, 4, mean)).toBeNull();
});
