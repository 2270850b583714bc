import { expect, test } from 'vitest';
import { openProgress } from './progress.ts';
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

const here = async () => {};

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
  expect(joined?.outputs).toEqual({ y: { ...x, data: (x.data as Float32Array).map((value) => 2 * value) } });
});

test('an output without a row per sample cannot be joined', async () => {
  const mean = async () => ({ y: floats([1]) });
  expect(await runInSlices({ x: floats([10, 3]) }, 4, here, mean)).toBeNull();
});

test('a slice is computed when its rows are there, and not before', async () => {
  const steps: string[] = [];
  const progress = openProgress();
  const same = async ({ x }: Record<string, TensorValue>) => {
    steps.push(`computed to ${(x?.data[0] as number) + 4}`);
    if (steps.length === 2) progress.advance(8);
    return { y: x as TensorValue };
  };
  const running = runInSlices({ x: floats([8, 1]) }, 4, progress.reached, same);
  steps.push('4 rows arrive');
  progress.advance(4);
  expect((await running)?.outputs.y).toEqual(floats([8, 1]));
  expect(steps).toEqual(['4 rows arrive', 'computed to 4', 'computed to 8']);
});

test('rows that cannot be had end the batch with their error, and no slice is left running', async () => {
  const progress = openProgress();
  let running = 0;
  const slow = async ({ x }: Record<string, TensorValue>) => {
    running += 1;
    await new Promise(setImmediate);
    running -= 1;
    return { y: x as TensorValue };
  };
  const batch = runInSlices({ x: floats([8, 1]) }, 4, progress.reached, slow);
  progress.advance(4);
  progress.fail(new Error('the file ends'));
  await expect(batch).rejects.toThrow('the file ends');
  expect(running).toBe(0);
});
