import type { Numbers, TensorValue } from './tensor-data.ts';

/**
 * Input of one slice for each thread: what a layer then works on stays in that core's cache. Twice as much is no faster
 * (photoz: 0.30 ms a sample in slices of 8 and of 16, and 4 MB for each session between them; published size, whose weights
 * come from beyond the caches for each slice anew: 330 and 331 samples/s, and 13 MB).
 */
const SLICE_BYTES = 2 ** 18;
/** Fewer samples than this are not worth a call of their own, however large one is. */
const LEAST_ROWS = 8;

type Tensors = Record<string, TensorValue>;

/**
 * How many samples of a batch are computed at once. A batch as a whole would need memory for the activations of all its
 * samples, and each layer would fetch them from beyond the caches (photoz, batch 512: 272 → 100 MB and 12 % less time; the
 * published size, batch 256: 15 % less). The samples of a batch do not see each other, so the outputs are the same. A
 * batch that is small enough, or whose inputs do not agree on the samples, is one slice.
 * @param bytes of a slice's inputs.
 * @param sessions that share the batch: each has something to do, if it is large enough.
 * @param fixedRows how many rows outputs may have whatever the samples: of a slice of as many samples they would pass for a
 * row per sample.
 */
export function sliceRows(feeds: Tensors, bytes: number, sessions: number, fixedRows: number[] = []): number {
  const count = sampleCount(feeds);
  if (!haveSamples(feeds)) return count;
  const sampleBytes = Object.values(feeds).reduce((sum, { data }) => sum + data.byteLength, 0) / count;
  const rows = 2 ** Math.floor(Math.log2(bytes / sampleBytes));
  let sliced = Math.max(Math.min(rows, Math.ceil(count / sessions)), LEAST_ROWS);
  while (sliced > 1 && fixedRows.includes(sliced)) sliced -= 1;
  return Math.min(count, sliced);
}

/** Whether all inputs have as many samples: a script may make others. */
export function haveSamples(feeds: Tensors): boolean {
  const count = sampleCount(feeds);
  return count > 0 && Object.values(feeds).every(({ shape }) => shape[0] === count);
}

/** Bytes that the inputs of one slice have at most, where a session computes with so many threads. */
export const sliceBytes = (threads: number): number => SLICE_BYTES * threads;

/**
 * The first samples of a batch, as many as a thread computes at once.
 * @param exactRows how many that are, where the graph takes no others.
 */
export function firstSlice(feeds: Tensors, exactRows?: number): Tensors {
  const count = sampleCount(feeds);
  const rows = exactRows ?? sliceRows(feeds, sliceBytes(1), 1);
  return rows >= count ? feeds : rowsOf(feeds, 0, rows);
}

/** Where the next slice of a batch begins: the sessions that share the batch count it up together. */
export type Turn = Int32Array<SharedArrayBuffer>;

export const newTurn = (): Turn => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Outputs for the samples from `start` up to `end`, without it. */
export interface Part {
  start: number;
  end: number;
  outputs: Tensors;
}

/**
 * Computes slices of the batch, each as soon as its rows are there, until none is left; those that others take are
 * theirs. Outputs that have not one row per sample end it too: their parts cannot be joined.
 * @param rows samples of a slice, as `sliceRows` says.
 * @param untilThere returns when the first so many rows of the feeds are there; throws when they cannot be had.
 */
export async function computeSlices(
  feeds: Tensors,
  rows: number,
  turn: Turn,
  untilThere: (rows: number) => void,
  compute: (slice: Tensors) => Promise<Tensors>,
): Promise<Part[]> {
  const count = sampleCount(feeds);
  const parts: Part[] = [];
  if (rows >= count) {
    if (Atomics.add(turn, 0, 1) > 0) return [];
    untilThere(count);
    return [{ start: 0, end: count, outputs: await compute(feeds) }];
  }
  for (let start = Atomics.add(turn, 0, rows); start < count; start = Atomics.add(turn, 0, rows)) {
    const end = Math.min(count, start + rows);
    untilThere(end);
    const part = { start, end, outputs: await compute(rowsOf(feeds, start, end)) };
    parts.push(part);
    if (!hasRows(part)) break;
  }
  return parts;
}

/**
 * The outputs of a batch from those of its slices, in any order.
 * @returns undefined where an output has not one row per sample, so that slices cannot be joined.
 */
export function joinParts(parts: Part[], count: number): Tensors | undefined {
  const [first] = parts;
  if (first?.start === 0 && first.end === count) return first.outputs;
  if (!first || !parts.every(hasRows)) return undefined;
  return mapTensors(first.outputs, ({ type, data, shape }, name) => {
    const width = data.length / (first.end - first.start);
    const joined = new (data.constructor as new (length: number) => Numbers)(count * width) as Float32Array;
    for (const { start, outputs } of parts) joined.set(outputs[name]?.data as Float32Array, start * width);
    return { type, data: joined, shape: [count, ...shape.slice(1)] };
  });
}

/** Outputs of slices that have not one row per sample. */
export const rowlessOutputs = (parts: Part[]): string[] =>
  parts.flatMap(({ start, end, outputs }) =>
    Object.entries(outputs).flatMap(([name, { shape }]) => (shape[0] === end - start ? [] : name)),
  );

export const sampleCount = (feeds: Tensors): number => Object.values(feeds)[0]?.shape[0] ?? 0;

const hasRows = ({ start, end, outputs }: Part): boolean =>
  Object.values(outputs).every(({ data, shape }) => shape[0] === end - start && ArrayBuffer.isView(data));

/**
 * Computes samples with a graph that takes exactly `rows`: the last sample is repeated up to that, and what is computed of
 * those is left out. Samples that do not see each other get the same outputs so.
 */
export async function filledUp(
  tensors: Tensors,
  rows: number,
  compute: (filled: Tensors) => Promise<Tensors>,
): Promise<Tensors> {
  const count = sampleCount(tensors);
  if (count === rows) return compute(tensors);
  const outputs = await compute(mapTensors(tensors, (tensor) => repeatLast(tensor, count, rows)));
  // Of outputs that have no row per sample nothing can be left out.
  return hasRows({ start: 0, end: rows, outputs })
    ? mapTensors(outputs, (tensor) => cut(tensor, rows, 0, count))
    : outputs;
}

function repeatLast({ type, data, shape }: TensorValue, count: number, rows: number): TensorValue {
  const width = data.length / count;
  const filled = new (data.constructor as new (length: number) => Numbers)(rows * width) as Float32Array;
  filled.set(data as Float32Array);
  const last = filled.slice((count - 1) * width, count * width);
  for (let row = count; row < rows; row++) filled.set(last, row * width);
  return { type, data: filled, shape: [rows, ...shape.slice(1)] };
}

/** The samples from `start` up to `end`, without it. */
export function rowsOf(tensors: Tensors, start: number, end: number): Tensors {
  const count = sampleCount(tensors);
  return mapTensors(tensors, (tensor) => cut(tensor, count, start, end));
}

function cut({ type, data, shape }: TensorValue, count: number, start: number, end: number): TensorValue {
  const width = data.length / count;
  return { type, data: data.subarray(start * width, end * width), shape: [end - start, ...shape.slice(1)] };
}

const mapTensors = (tensors: Tensors, map: (tensor: TensorValue, name: string) => TensorValue): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]));
