import { readFileSync } from 'node:fs';
import h5wasm from 'h5wasm';
import { expect, test } from 'vitest';
import { bytesSource } from './bytes-source.ts';
import { openPartition } from './open-partition.ts';

// Alone in a file: the memory of the library never shrinks.

const MIB = 1024 * 1024;

test('rows of chunks that are small parts of thousands of them take the memory of a part', async () => {
  const bytes = new Uint8Array(readFileSync(new URL('../testdata/formats/spread.h5', import.meta.url)));
  const wide = (await openPartition(bytesSource('spread.h5', bytes))).tensors.get('wide');
  const { HEAPU8: before } = await h5wasm.ready;
  const startBytes = before.length;
  let count = 0;
  for await (const piece of wide?.bytes() ?? []) count += piece.length;
  expect(count).toBe(6_000 * 5 * 32 * 32);
  expect((await h5wasm.ready).HEAPU8.length - startBytes).toBeLessThan(4 * MIB);
});

test('data sets in large chunks that are read side by side take the memory of one of them', async () => {
  const bytes = new Uint8Array(readFileSync(new URL('../testdata/formats/side-by-side.h5', import.meta.url)));
  const { tensors } = await openPartition(bytesSource('side-by-side.h5', bytes));
  const { HEAPU8: before } = await h5wasm.ready;
  const startBytes = before.length;
  const reading = [...tensors.values()].map((tensor) => tensor.bytes()[Symbol.asyncIterator]());
  const sums = reading.map(() => 0);
  for (let at = 0; at < 12 * MIB; ) {
    const pieces = await Promise.all(reading.map(async (rows) => (await rows.next()).value as Uint8Array));
    for (const [i, piece] of pieces.entries()) for (const value of piece) sums[i] = (sums[i] ?? 0) + value;
    at += pieces[0]?.length ?? 0;
  }
  expect(sums).toEqual([0, 1, 2, 3, 4, 5].map((i) => i * 12 * MIB + 10 * 1024));
  expect((await h5wasm.ready).HEAPU8.length - startBytes).toBeLessThan(48 * MIB);
});
