import { expect, test } from 'vitest';
import { computeSlices, filledUp, firstSlice, joinParts, newTurn, type Part, sliceBytes, sliceRows } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

type Tensors = Record<string, TensorValue>;

const floats = (shape: number[]): TensorValue => ({
  type: 'float32',
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i),
  shape,
});
const here = () => {};
const same = async ({ x }: Tensors) => ({ y: x as TensorValue });
const rowsOf = (parts: Part[]) => parts.map(({ start, end }) => [start, end]);

const KIB = 1024;
const image = (rows: number) => ({ image: floats([rows, 5, 32, 32]), magnitude: floats([rows, 5]) });

test('a slice holds up to 256 KiB of input for each thread, and 8 samples at least', () => {
  expect([sliceBytes(1), sliceBytes(4)]).toEqual([256 * KIB, 1024 * KIB]);
  expect(sliceRows(image(512), 256 * KIB, 1)).toBe(8);
  expect(sliceRows(image(512), 1024 * KIB, 1)).toBe(32);
  expect(sliceRows(image(10), 512 * KIB, 1)).toBe(10);
  expect(sliceRows({ photo: floats([16, 3, 224, 224]) }, 256 * KIB, 1)).toBe(8);
});

test('where sessions share a batch, a small one is divided among them', () => {
  expect(sliceRows(image(512), 512 * KIB, 2)).toBe(16);
  expect(sliceRows(image(20), 512 * KIB, 2)).toBe(10);
  expect(sliceRows(image(20), 512 * KIB, 4)).toBe(8);
});

test('a graph is tried with the first samples of a batch, as many as are computed at once', () => {
  const slice = firstSlice(image(512));
  expect(slice.image?.shape).toEqual([8, 5, 32, 32]);
  expect(slice.magnitude?.data).toEqual(image(8).magnitude.data);
  expect(firstSlice(image(5))).toEqual(image(5));
});

test('inputs that do not agree on the number of samples stay whole', () => {
  expect(sliceRows({ image: floats([512, 5, 32, 32]), sky: floats([1, 8]) }, 512 * KIB, 2)).toBe(512);
});

test('a slice has none of the numbers of rows that outputs have anyway, and is there in any case', () => {
  expect(sliceRows(image(512), 512 * KIB, 2, [16, 15])).toBe(14);
  expect(sliceRows(image(512), 256 * KIB, 1, [8, 7, 6, 5, 4, 3, 2, 1])).toBe(1);
});

test('the slices give what the batch gives, the last one smaller', async () => {
  const x = floats([10, 3]);
  const parts = await computeSlices({ x }, 4, newTurn(), here, same);
  expect(rowsOf(parts)).toEqual([
    [0, 4],
    [4, 8],
    [8, 10],
  ]);
  expect(joinParts(parts, 10)).toEqual({ y: x });
});

test('sessions share the slices of a batch: each is computed by one of them', async () => {
  const x = floats([10, 3]);
  const turn = newTurn();
  const both = await Promise.all([1, 2].map(() => computeSlices({ x }, 2, turn, here, same)));
  expect(both.every((parts) => parts.length > 0)).toBe(true);
  expect(joinParts(both.flat().reverse(), 10)).toEqual({ y: x });
  expect(both.flat()).toHaveLength(5);
});

test('a batch that is one slice is computed by one of the sessions that are asked, the others are free for the next', async () => {
  const x = floats([3, 3]);
  const turn = newTurn();
  const both = await Promise.all([1, 2].map(() => computeSlices({ x }, 3, turn, here, same)));
  expect(both.map((parts) => parts.length).sort()).toEqual([0, 1]);
  expect(joinParts(both.flat(), 3)).toEqual({ y: x });
});

test('outputs without a row per sample end it at once, and cannot be joined; of the whole batch they are taken as they are', async () => {
  const mean = async () => ({ y: floats([1]) });
  const x = floats([10, 3]);
  const parts = await computeSlices({ x }, 4, newTurn(), here, mean);
  expect(rowsOf(parts)).toEqual([[0, 4]]);
  expect(joinParts(parts, 10)).toBeUndefined();
  const steps: string[] = [];
  const whole = await computeSlices({ x }, 10, newTurn(), (rows) => void steps.push(`${rows} there`), mean);
  expect(steps).toEqual(['10 there']);
  expect(joinParts(whole, 10)).toEqual({ y: floats([1]) });
});

test('samples are filled up to as many as a graph takes, and what is computed of those is left out', async () => {
  const x = floats([3, 2]);
  const seen: Tensors[] = [];
  const note = async (filled: Tensors) => {
    seen.push(filled);
    return { y: filled.x as TensorValue };
  };
  expect(await filledUp({ x }, 5, note)).toEqual({ y: x });
  expect(seen).toEqual([{ x: { ...x, data: Float32Array.from([0, 1, 2, 3, 4, 5, 4, 5, 4, 5]), shape: [5, 2] } }]);
  expect(await filledUp({ x }, 5, async () => ({ y: floats([1]) }))).toEqual({ y: floats([1]) });
});

test('a slice is computed when its rows are there, and not before', async () => {
  const steps: string[] = [];
  const compute = async ({ x }: Tensors) => {
    steps.push(`computed to ${(x?.data[0] as number) + (x?.shape[0] ?? 0)}`);
    return { y: x as TensorValue };
  };
  await computeSlices({ x: floats([6, 1]) }, 4, newTurn(), (rows) => void steps.push(`${rows} there`), compute);
  expect(steps).toEqual(['4 there', 'computed to 4', '6 there', 'computed to 6']);
});

test('rows that cannot be had end the batch with their error', async () => {
  const untilThere = (rows: number) => {
    if (rows > 4) throw new Error('the file ends');
  };
  await expect(computeSlices({ x: floats([8, 1]) }, 4, newTurn(), untilThere, same)).rejects.toThrow('the file ends');
});
