import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newArrival, tellFailed, tellRows } from './arrival.ts';
import { type ModelSession, startSessionThread } from './session.ts';

// The real thread, and a graph that gives back what it gets (testdata/models/make.py).

const ROWS = 100_000;
const thread = startSessionThread(1);
let session: ModelSession;
beforeAll(async () => {
  const bytes = readFileSync(new URL('../testdata/models/same-float32.onnx', import.meta.url));
  session = await thread.open(new Uint8Array(bytes), true);
});
afterAll(() => thread.close());

function newBatch() {
  const data = new Float32Array(new SharedArrayBuffer(ROWS * 2 * 4));
  return { data, feeds: { x: { type: 'float32', data, shape: [ROWS, 2] } }, arrival: newArrival() };
}

test('a batch is computed while it arrives: the thread takes its rows when they are told of', async () => {
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

test('a batch that does not arrive fails with the reason, and the thread goes on with the next', async () => {
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
