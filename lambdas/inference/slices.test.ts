import { expect, test } from 'vitest';
import { runInSlices, sliceRows } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

const floats = (shape: number[]): TensorValue => ({
  type: 'float32',
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i),
  shape,
});

test('a slice holds up to 512 KiB of input for each thread, and 8 samples at least', () => {
  const image = (rows: number) => ({ image: floats([rows, 5, 32, 32]), magnitude: floats([rows, 5]) });
  expect(sliceRows(image(512), 1)).toBe(16);
  expect(sliceRows(image(512), 4)).toBe(64);
  expect(sliceRows(image(10), 1)).toBe(10);
  expect(sliceRows({ photo: floats([16, 3, 224, 224]) }, 1)).toBe(8);
});

test('inputs that do not agree on the number of samples stay whole', () => {
  expect(sliceRows({ image: floats([512, 5, 32, 32]), sky: floats([1, 8]) }, 1)).toBe(512);
});

const here = () => {};

test('the slices give what the batch gives, the last one smaller', async () => {
  const seen: number[] = [];
  const doubled = async ({ x }: Record<string, TensorValue>) => {
    const { data, shape } = x as TensorValue;
    seen.push(shape[0] ?? 0);
    return { y: { type: 'float32', data: (data as Float32Array).map((value) => 2 * value), shape } };
  };
  const x = floats([10, 3]);
  const joined = await runInSlices({ x }, 4, here, doubled);
  expect(seen).toEqual([4, 4, 2]);
  const y = { ...x, data: (x.data as Float32Array).map((value) => 2 * value) };
  expect(joined).toEqual({ outputs: { y }, rows: 4 });
});

test('where an output has no row per sample, the batch is computed as a whole, when all of it is there', async () => {
  const steps: string[] = [];
  const mean = async ({ x }: Record<string, TensorValue>) => {
    steps.push(`computed ${x?.shape[0]}`);
    return { y: floats([1]) };
  };
  const untilThere = (rows: number) => void steps.push(`${rows} there`);
  expect(await runInSlices({ x: floats([10, 3]) }, 4, untilThere, mean)).toEqual({
    outputs: { y: floats([1]) },
    rows: 10,
  });
  expect(steps).toEqual(['4 there', 'computed 4', '10 there', 'computed 10']);
});

test('a slice is computed when its rows are there, and not before', async () => {
  const steps: string[] = [];
  const same = async ({ x }: Record<string, TensorValue>) => {
    steps.push(`computed to ${(x?.data[0] as number) + (x?.shape[0] ?? 0)}`);
    return { y: x as TensorValue };
  };
  const untilThere = (rows: number) => void steps.push(`${rows} there`);
  expect((await runInSlices({ x: floats([6, 1]) }, 4, untilThere, same)).outputs.y).toEqual(floats([6, 1]));
  expect(steps).toEqual(['4 there', 'computed to 4', '6 there', 'computed to 6']);
});

test('rows that cannot be had end the batch with their error', async () => {
  const x = { y: floats([4, 1]) };
  const untilThere = (rows: number) => {
    if (rows > 4) throw new Error('the file ends');
  };
  await expect(runInSlices({ x: floats([8, 1]) }, 4, untilThere, async () => x)).rejects.toThrow('the file ends');
});
