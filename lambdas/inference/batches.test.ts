import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bytesSource } from '../formats/bytes-source.ts';
import type { PartitionTensor } from '../formats/partition.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { type ObjectSource, openObject } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import { openBatchMemory } from './batch-memory.ts';
import { readBatches } from './batches.ts';
import { bindFeeds } from './feed.ts';
import { modelGraph } from './model-graph.fixture.ts';
import { startPhases } from './phases.ts';
import type { ScriptedFeeds } from './script-feeds.ts';

const SAMPLES = 64;
const PIXELS = 8192;
const imageBytes = SAMPLES * PIXELS * 4;
const file = safetensors();

test('what lies behind the images comes while they arrive', async () => {
  const asked: number[] = [];
  let arriving = () => {};
  const imagesArriving = new Promise<void>((resolve) => {
    arriving = resolve;
  });
  const startDownload: StartDownload = async (_ref, first, last) => {
    asked.push(first);
    if (first > 0) await imagesArriving;
    let position = first;
    return {
      async receive(into) {
        const bytes = file.subarray(position, Math.min(position + into.length, last + 1));
        into.set(bytes);
        position += bytes.length;
        if (position > imageBytes / 4) arriving();
        return bytes.length;
      },
      close() {},
    };
  };
  const ref = { bucket: 'b', key: 'd/1.safetensors', size_bytes: file.length, etag: '"e"' };
  const object = openObject(startDownload, ref, { readsTail: true });
  const { tensors } = await openSafetensors(object);
  const [image, redshift] = ['image', 'redshift'].map((name) => tensors.get(name));
  if (!image || !redshift) throw new Error('the file has both tensors');
  const feed = {
    name: 'image',
    tensor: image,
    zeroCopy: true,
    make: (bytes: Uint8Array) => ({
      type: 'float32' as const,
      data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
      shape: [SAMPLES, PIXELS],
    }),
  };
  const plan = {
    samples: SAMPLES,
    batchSize: SAMPLES,
    inputs: [image],
    columns: [redshift],
    feeds: Promise.resolve([feed]),
  };
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await batch.whole;
    expect(batch.arrival[0]).toBe(SAMPLES);
    const images = batch.feeds.image?.data as Float32Array;
    expect([images[0], images[PIXELS], images.at(-1)]).toEqual([0, 1, SAMPLES - 1]);
    expect([...(batch.columns.get('redshift') as Float32Array)]).toEqual(
      Array.from({ length: SAMPLES }, (_, i) => i / 2),
    );
  }
  await object.close();
  expect(asked).toEqual([file.length - 128 * 1024, 0]);
});

test.each([
  ['used once', [], false],
  ['that is the truth, too', ['y'], false],
  ['that a script gets, too', [], true],
])('a big-endian tensor %s is turned round once', async (_, truth, hasScript) => {
  const rows = Array.from({ length: 10 }, (_row, i) => i / 4 - 1);
  const stored = Buffer.alloc(rows.length * 4);
  for (const [i, value] of rows.entries()) stored.writeFloatBE(value, i * 4);
  const object = bytesSource('1.fits', stored, 7);
  const tensor: PartitionTensor = {
    name: 'y',
    dtype: 'float32',
    shape: [rows.length],
    bigEndian: true,
    range: undefined,
    bytes: (place) => object.stream(0, stored.length, place),
  };
  const input = { name: 'x', tensor: 'y', dtype: 'float32' as const, scale: 1, offset: 0 };
  const session = modelGraph({ x: { type: 'float32', shape: ['n'] } });
  const feeds = bindFeeds('1.fits', [{ input, tensor }], session);
  const seen: number[] = [];
  const prepare: ScriptedFeeds['prepare'] = async (given) => {
    seen.push(...((given.y?.data as Float32Array | undefined) ?? []));
    return { made: {}, feeds };
  };
  const plan = {
    samples: rows.length,
    batchSize: 4,
    inputs: [tensor],
    columns: truth.map(() => tensor),
    feeds: Promise.resolve(hasScript ? { tensors: [tensor], prepare } : feeds),
  };
  const fed: number[] = [];
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await batch.whole;
    fed.push(...((batch.feeds.x?.data as Float32Array | undefined) ?? []));
    seen.push(...((batch.columns.get('y') as Float32Array | undefined) ?? []));
  }
  expect(fed).toEqual(rows);
  expect(seen).toEqual(hasScript || truth.length > 0 ? rows : []);
});

test('a tensor that one input takes as it is and another scaled is scaled when it is there', async () => {
  const rows = Float32Array.from({ length: 10 }, (_, i) => i + 1);
  const object = bytesSource('1.npy', new Uint8Array(rows.buffer), 8);
  const tensor: PartitionTensor = {
    name: 'y',
    dtype: 'float32',
    shape: [rows.length],
    bigEndian: false,
    range: undefined,
    async *bytes(place) {
      for await (const piece of object.stream(0, rows.byteLength, place)) {
        // As from a network: not before all else that can be done is done.
        await setImmediate();
        yield piece;
      }
    },
  };
  const given = { type: 'float32', shape: ['n'] };
  const session = modelGraph({ raw: given, scaled: given });
  const input = { tensor: 'y', dtype: 'float32' as const, offset: 0 };
  const fed = [
    { input: { ...input, name: 'raw', scale: 1 }, tensor },
    { input: { ...input, name: 'scaled', scale: 10 }, tensor },
  ];
  const feeds = Promise.resolve(bindFeeds('1.npy', fed, session));
  const plan = { samples: rows.length, batchSize: 4, inputs: [tensor], columns: [], feeds };
  const seen: Record<string, number[]> = { raw: [], scaled: [] };
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await batch.whole;
    for (const name in seen) seen[name]?.push(...((batch.feeds[name]?.data ?? []) as Float32Array));
  }
  expect(seen).toEqual({ raw: [...rows], scaled: Array.from(rows, (value) => value * 10) });
});

test('what a tensor is read with is let go of with the object, though nobody asks behind its last row', async () => {
  const object = bytesSource('1.h5', new Uint8Array(4));
  let isOpen = false;
  const tensor: PartitionTensor = {
    name: 'y',
    dtype: 'uint8',
    shape: [4],
    bigEndian: false,
    range: undefined,
    async *bytes() {
      isOpen = true;
      try {
        yield* object.stream(0, 4);
      } finally {
        isOpen = false;
      }
    },
  };
  const plan = { samples: 4, batchSize: 2, inputs: [], columns: [tensor], feeds: Promise.resolve([]) };
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) await batch.whole;
  expect(isOpen).toBe(true);
  await object.close();
  await setImmediate();
  expect(isOpen).toBe(false);
});

test.each([
  ['its own', () => new ArrayBuffer(8)],
  ['that it shares with a thread of its own', () => new SharedArrayBuffer(8)],
])('a script may use memory (%s) again for the next batch while the one before is computed', async (_, newMemory) => {
  const memory = newMemory();
  const stored = Buffer.from(Float32Array.from({ length: 6 }, (_value, i) => i).buffer);
  const object = bytesSource('1.npy', stored, 7);
  const tensor = floats(object, stored.length);
  const used = new Float32Array(memory);
  const prepare: ScriptedFeeds['prepare'] = async (given) => {
    used.set(Float32Array.from((given.y?.data ?? []) as Float32Array, (value) => value * 10));
    return { made: { x: { type: 'float32', data: used, shape: [2] } }, feeds: [] };
  };
  const feeds = Promise.resolve({ tensors: [tensor], prepare });
  const plan = { samples: 6, batchSize: 2, inputs: [tensor], columns: [], feeds };
  const batches = readBatches(object, plan, openBatchMemory(), startPhases());
  const before = await batches.next();
  await batches.next();
  expect([...(before.value?.feeds.x?.data ?? [])]).toEqual([0, 10]);
  await batches.return(undefined);
});

test('a script may keep what it got: it stays what it was while later batches are received', async () => {
  const stored = Buffer.from(Float32Array.from({ length: 6 }, (_, i) => i).buffer);
  const object = bytesSource('1.npy', stored, 7);
  const tensor = floats(object, stored.length);
  const kept: unknown[] = [];
  const prepare: ScriptedFeeds['prepare'] = async (given) => {
    kept.push(given.y?.data);
    return { made: {}, feeds: [] };
  };
  const feeds = Promise.resolve({ tensors: [tensor], prepare });
  const plan = { samples: 6, batchSize: 2, inputs: [tensor], columns: [], feeds };
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) await batch.whole;
  expect(kept).toEqual(
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ].map((rows) => Float32Array.from(rows)),
  );
});

test('rows without values are there: nobody would tell of their arrival', async () => {
  const object = bytesSource('1.npz', new Uint8Array(), 7);
  const tensor = { ...floats(object, 0), shape: [6, 0] };
  const session = modelGraph({ x: { type: 'float32', shape: ['n', 'k'] } });
  const input = { name: 'x', tensor: 'y', scale: 1, offset: 0 };
  const feeds = Promise.resolve(bindFeeds('1.npz', [{ input, tensor }], session));
  const plan = { samples: 6, batchSize: 4, inputs: [tensor], columns: [], feeds };
  const counts: number[] = [];
  for await (const { count, arrival, whole } of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await whole;
    expect(arrival[0]).toBeGreaterThanOrEqual(count);
    counts.push(count);
  }
  expect(counts).toEqual([4, 2]);
});

/** A tensor `y` that is received row by row. */
const floats = (object: ObjectSource, bytes: number): PartitionTensor => ({
  name: 'y',
  dtype: 'float32',
  shape: [bytes / 4],
  bigEndian: false,
  range: undefined,
  bytes: (place) => object.stream(0, bytes, place),
});

/** Images of one value each, its row, and behind them half the row as `redshift`. */
function safetensors(): Uint8Array {
  const header = Buffer.from(
    JSON.stringify({
      image: { dtype: 'F32', shape: [SAMPLES, PIXELS], data_offsets: [0, imageBytes] },
      redshift: { dtype: 'F32', shape: [SAMPLES], data_offsets: [imageBytes, imageBytes + SAMPLES * 4] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const images = new Float32Array(SAMPLES * PIXELS).map((_, i) => Math.floor(i / PIXELS));
  const redshifts = new Float32Array(SAMPLES).map((_, i) => i / 2);
  return Buffer.concat([length, header, Buffer.from(images.buffer), Buffer.from(redshifts.buffer)]);
}
