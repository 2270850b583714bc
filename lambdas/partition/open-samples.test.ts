import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesSource, joined } from '../formats/bytes-source.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openSamples } from './open-samples.ts';

const ROWS = 60_000;

/** The table of astropy with its rows again and again: more than its reader keeps in memory. */
function longTable(): Uint8Array {
  const file = readFileSync(new URL('../testdata/formats/survey.fits', import.meta.url));
  const [rowBytes, rows] = [104, 23];
  const naxis2 = (count: number) => `NAXIS2  = ${String(count).padStart(20)}`;
  const at = file.indexOf(naxis2(rows));
  const start = Math.ceil((file.indexOf('END ', at) + 1) / 2_880) * 2_880;
  const head = Buffer.from(file.subarray(0, start));
  head.write(naxis2(ROWS), at, 'latin1');
  const table = Buffer.alloc(Math.ceil((ROWS * rowBytes) / 2_880) * 2_880);
  for (let row = 0; row < ROWS; row++)
    file.copy(table, row * rowBytes, start + (row % rows) * rowBytes, start + ((row % rows) + 1) * rowBytes);
  return Buffer.concat([head, table]);
}

test('a table that is stored row by row is read about once, not once for each column', async () => {
  const bytes = longTable();
  let read = 0;
  const open = (): ObjectSource => {
    const source = bytesSource('survey.fits', bytes, 65_536);
    return {
      ...source,
      async read(start, end) {
        read += end - start;
        return source.read(start, end);
      },
      async *stream(start, end, place) {
        for await (const piece of source.stream(start, end, place)) {
          read += piece.length;
          yield piece;
        }
      },
    };
  };
  const samples = await openSamples([{ name: 'survey.fits', sizeBytes: bytes.length, version: '1', open }], null);
  for (let first = 0; first < ROWS; first += ROWS / 4) {
    for (const tensor of samples.tensors) {
      const piece = await joined(samples.rows(tensor, first, ROWS / 4));
      expect(piece.length).toBe((ROWS / 4) * (Number(/\d+$/.exec(tensor.dtype)?.[0]) / 8));
    }
  }
  await samples.close();
  expect(samples.tensors).toHaveLength(20);
  expect(read / bytes.length).toBeLessThan(1.05);
});

test('rows that are unpacked come in the memory of one piece', async () => {
  const bytes = readFileSync(new URL('../testdata/formats/one-chunk.h5', import.meta.url));
  const open = () => bytesSource('one-chunk.h5', bytes, 65_536);
  const samples = await openSamples([{ name: 'one-chunk.h5', sizeBytes: bytes.length, version: '1', open }], ['sky']);
  const [sky] = samples.tensors;
  const memories = new Set<ArrayBufferLike>();
  if (sky) for await (const piece of samples.rows(sky, 0, samples.count)) memories.add(piece.buffer);
  await samples.close();
  expect([...memories].map(({ byteLength }) => byteLength)).toEqual([512 * 1024]);
});
