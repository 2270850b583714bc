import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PREPARED_GRAPH_BYTES } from '../../lib/domain/graph-size.ts';
import { makeNode, makeTensor, readModel, writeModel } from '../onnx/graph.ts';
import { makeTemporaryFile } from '../temporary-file.ts';
import { newArrival, tellFailed, tellRows } from './arrival.ts';
import { interaction } from './interaction.ts';
import { type ModelThreads, startModelThreads } from './model-threads.ts';
import type { ModelSession } from './session.ts';
import type { ExternalData } from './session-thread.ts';
import { sessionCount } from './thread-count.ts';

// The real threads, and a graph that gives back what it gets (testdata/models/make.py).

const ROWS = 100_000;
const GB = 1e9;

const smallGraph = (name = 'same-float32') => {
  const bytes = readFileSync(new URL(`../testdata/models/${name}.onnx`, import.meta.url));
  return { onnx: new Uint8Array(bytes), external: [] as ExternalData[] };
};

/** With a file that it has nothing in: all threads open it at once. */
const graph = (name?: string) => ({
  ...smallGraph(name),
  external: [{ path: 'unused', data: new Uint8Array(PREPARED_GRAPH_BYTES) }],
});

function newBatch() {
  const data = new Float32Array(new SharedArrayBuffer(ROWS * 2 * 4));
  return { data, feeds: { x: { type: 'float32', data, shape: [ROWS, 2] } }, arrival: newArrival() };
}

test('each thread has a session of its own, as far as the model fits into a quarter of the memory beside the first', () => {
  expect(sessionCount(2, 60e6, 4 * GB)).toBe(2);
  expect(sessionCount(6, 60e6, 10 * GB)).toBe(6);
  expect(sessionCount(6, 500e6, 10 * GB)).toBe(3);
  expect(sessionCount(4, 500e6, 6 * GB)).toBe(2);
  expect(sessionCount(6, 2e9, 10 * GB)).toBe(1);
});

describe.each([1, 2])('with %i threads', (count) => {
  let threads: ModelThreads;
  let session: ModelSession;
  beforeAll(async () => {
    threads = startModelThreads(count);
    ({ session } = await threads.open(graph(), true));
  });
  afterAll(() => threads.close());

  test('a batch is computed while it arrives: the threads take its rows when they are told of', async () => {
    const { data, feeds, arrival } = newBatch();
    const arriving = Promise.withResolvers<void>();
    const computing = session.run(feeds, ['y'], arrival, arriving.promise);
    for (let there = 0; there < ROWS; there += ROWS / 4) {
      data.fill(there + 1, there * 2, (there + ROWS / 4) * 2);
      tellRows(arrival, there + ROWS / 4);
      await new Promise(setImmediate);
    }
    arriving.resolve();
    const { outputs, rows } = await computing;
    expect(rows).toBeLessThan(ROWS);
    expect(outputs.y?.data).toEqual(new Float32Array(data));
  });

  test('a batch that does not arrive fails with the reason, and the threads go on with the next', async () => {
    const lost = newBatch();
    const arriving = Promise.reject(new Error('the file ends'));
    arriving.catch(() => {});
    const computing = session.run(lost.feeds, ['y'], lost.arrival, arriving);
    tellFailed(lost.arrival);
    await expect(computing).rejects.toThrow('the file ends');

    const next = newBatch();
    next.data.fill(7);
    tellRows(next.arrival, ROWS);
    const { outputs } = await session.run(next.feeds, ['y'], next.arrival, Promise.resolve());
    expect(outputs.y?.data.at(-1)).toBe(7);
  });

  test('batches that are asked for at once get their own outputs each, however small', async () => {
    const batches = [3, ROWS, 1, 8, ROWS, 2].map((rows, i) => {
      const data = new Float32Array(new SharedArrayBuffer(rows * 2 * 4)).fill(i + 1);
      const arrival = newArrival();
      tellRows(arrival, rows);
      return { rows, feeds: { x: { type: 'float32', data, shape: [rows, 2] } }, arrival };
    });
    const computing = batches.map(({ feeds, arrival }) => session.run(feeds, ['y'], arrival, Promise.resolve()));
    for (const [i, { outputs }] of (await Promise.all(computing)).entries())
      expect(outputs.y?.data).toEqual(new Float32Array((batches[i]?.rows ?? 0) * 2).fill(i + 1));
  });

  test('an output of eight rows is no row for each sample where slices of eight would be computed', async () => {
    const { session: eight } = await threads.open(graph('eight-rows'), true);
    const data = new Float32Array(new SharedArrayBuffer(16 * 65_536));
    const arrival = newArrival();
    tellRows(arrival, 16);
    const feeds = { x: { type: 'float32', data, shape: [16, 16_384] } };
    const { outputs } = await eight.run(feeds, ['y'], arrival, Promise.resolve());
    expect(outputs.y?.shape).toEqual([8]);
  });

  test('a graph that takes exactly 16 samples computes batches of any size', async () => {
    const { session: exact } = await threads.open(graph('fixed-batch'), true);
    const data = Float32Array.from({ length: 2 * 100 }, (_, i) => i);
    const arrival = newArrival();
    tellRows(arrival, 100);
    const feeds = { x: { type: 'float32', data, shape: [100, 2] } };
    expect(await exact.run(feeds, ['y'], arrival, Promise.resolve())).toMatchObject({
      outputs: { y: { data } },
      rows: 16,
    });
  });

  test('an input of 16 rows, whatever the batch, stays whole, also where the batch has as many', async () => {
    const { session: table } = await threads.open(graph('table'), true);
    const t = { type: 'float32', data: Float32Array.from({ length: 2 * 16 }, (_, i) => i), shape: [16, 2] };
    const i = { type: 'int64', data: BigInt64Array.from({ length: 16 }, (_, row) => BigInt(15 - row)), shape: [16] };
    const arrival = newArrival();
    tellRows(arrival, 16);
    const { outputs } = await table.run({ t, i }, ['y'], arrival, Promise.resolve());
    expect([...(outputs.y?.data ?? [])].slice(0, 4)).toEqual([30, 31, 28, 29]);
    expect(await interaction(table, ['y'], { t, i })).toBe(0);
  });

  test('a model whose samples interact gets whole batches, also after one that was divided', async () => {
    const { session: whole } = await threads.open(graph(), false);
    const { data, feeds, arrival } = newBatch();
    data.fill(3);
    tellRows(arrival, ROWS);
    const { outputs, rows } = await whole.run(feeds, ['y'], arrival, Promise.resolve());
    expect(rows).toBe(ROWS);
    expect(outputs.y?.data).toEqual(new Float32Array(data));

    const { session: divided } = await threads.open(graph(), true);
    expect((await divided.run(feeds, ['y'], arrival, Promise.resolve())).rows).toBeLessThan(ROWS);
  });
});

test('a small graph gets a second thread when a batch takes long, which helps with the rest of it', async () => {
  const threads = startModelThreads(2);
  const { session } = await threads.open(smallGraph(), true);
  const before = workerThreads();
  const { data, feeds, arrival } = newBatch();
  data.fill(5);
  const computing = session.run(feeds, ['y'], arrival, Promise.resolve());
  await vi.waitFor(() => expect(workerThreads()).toBe(before + 1), 60_000);
  tellRows(arrival, ROWS);
  expect((await computing).outputs.y?.data).toEqual(new Float32Array(data));
  expect((await session.run(feeds, ['y'], arrival, Promise.resolve())).outputs.y?.data).toEqual(new Float32Array(data));
  await threads.close();
});

test('where another model is opened while threads join the one before, all of them compute the other', async () => {
  const threads = startModelThreads(3);
  const { graph: same, ...rest } = readModel(smallGraph().onnx);
  const twice = { ...rest, graph: { ...same, nodes: [makeNode('Add', 'y', ['x', 'x'], ['y'])] } };
  const onnx = new Uint8Array(Buffer.concat(writeModel(twice)));
  const sample = { x: { type: 'float32', data: new Float32Array(4), shape: [2, 2] } };
  await threads.open({ prepared: await threads.prepare({ onnx, external: [] }, sample) }, true);
  const { session, settled } = await threads.open(graph(), true);
  await settled;
  // The last of the threads has had time for what it was asked before.
  for (let i = 0; i < 5; i++) {
    const { data, feeds, arrival } = newBatch();
    data.fill(7);
    tellRows(arrival, ROWS);
    const { outputs } = await session.run(feeds, ['y'], arrival, Promise.resolve());
    expect(outputs.y?.data).toEqual(new Float32Array(data));
  }
  await threads.close();
});

test('threads read the weights of a prepared graph in the same memory, which is kept for them', async () => {
  const size = 4000;
  const model = readModel(smallGraph().onnx);
  const weights = [
    makeTensor('widen', [2, size], new Float32Array(2 * size).fill(1)),
    makeTensor('mix', [size, size], new Float32Array(size * size).fill(1 / size)),
    makeTensor('add', [size, 2], new Float32Array(size * 2).fill(1 / size)),
  ];
  const nodes = [
    makeNode('MatMul', 'wide', ['x', 'widen'], ['wide']),
    makeNode('MatMul', 'mixed', ['wide', 'mix'], ['mixed']),
    makeNode('MatMul', 'y', ['mixed', 'add'], ['y']),
  ];
  const initializers = new Map(weights.map((tensor) => [tensor.name, tensor]));
  const onnx = Buffer.concat(writeModel({ ...model, graph: { ...model.graph, nodes, initializers } }));
  const { path, remove } = makeTemporaryFile('graph.ort');
  const preparing = startModelThreads(1);
  const sample = { x: { type: 'float32', data: new Float32Array(4), shape: [2, 2] } };
  writeFileSync(path, await preparing.prepare({ onnx: new Uint8Array(onnx), external: [] }, sample));
  await preparing.close();
  const code = `
    import { readFileSync } from 'node:fs';
    import { ALL_ROWS, newArrival, tellRows } from './lambdas/inference/arrival.ts';
    import { startModelThreads } from './lambdas/inference/model-threads.ts';
    const [count, file] = process.argv.slice(1);
    // In so little memory there would be one session of an ONNX graph.
    const threads = startModelThreads(Number(count), 1e6);
    const { session, settled } = await threads.open({ prepared: readFileSync(file) }, true);
    await settled;
    await new Promise(setImmediate);
    gc();
    const arrival = newArrival();
    tellRows(arrival, ALL_ROWS);
    const data = Float32Array.from({ length: 128 }, (_, i) => i);
    const feeds = { x: { type: 'float32', data, shape: [64, 2] } };
    const { outputs, rows } = await session.run(feeds, ['y'], arrival, Promise.resolve());
    console.log(JSON.stringify({ y: [...outputs.y.data], peakKb: process.resourceUsage().maxRSS, rows }));
    await threads.close();
  `;
  const run = async (count: number) => {
    const args = ['--expose-gc', '--eval', code, String(count), path];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 90_000 });
    return JSON.parse(stdout) as { y: number[]; peakKb: number; rows: number };
  };
  const [one, two] = [await run(1), await run(2)];
  remove();
  // Each session takes its share of the batch.
  expect([one.rows, two.rows]).toEqual([64, 32]);
  for (const { y } of [one, two]) {
    expect(y).toHaveLength(128);
    for (const [i, value] of y.entries()) expect(value).toBeCloseTo(4 * Math.floor(i / 2) + 1, 2);
  }
  // A thread takes some 15 MB, the weights 64.
  expect((two.peakKb - one.peakKb) / 1024).toBeLessThan(40);
});

test('young garbage is collected also while V8 marks the old, once a model is loaded', async () => {
  const code = `
    import { readFileSync } from 'node:fs';
    import { getHeapSpaceStatistics } from 'node:v8';
    import { startModelThreads } from './lambdas/inference/model-threads.ts';
    const threads = startModelThreads(1);
    const onnx = new Uint8Array(readFileSync('./lambdas/testdata/models/same-float32.onnx'));
    await (await threads.open({ onnx, external: [] }, true)).settled;
    const kept = [];
    let mostBytes = 0;
    // Most of it is garbage at once; what is kept for long has V8 mark again and again.
    for (let i = 0; i < 20_000_000; i++) {
      const row = { i, next: [i, i + 1] };
      if (i % 20 === 0) kept[(i / 20) % 400_000] = row;
      if (i % 1_000 > 0) continue;
      const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
      mostBytes = Math.max(mostBytes, young.physical_space_size);
    }
    console.log(mostBytes);
    await threads.close();
  `;
  const args = ['--max-semi-space-size=1', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 90_000 });
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(3e6);
});

/** How many there are in this process. */
const workerThreads = () =>
  readdirSync('/proc/self/task').filter((id) =>
    readFileSync(`/proc/self/task/${id}/comm`, 'utf8').startsWith('WorkerThread'),
  ).length;
