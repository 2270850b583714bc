import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { toNumbers } from '../inference/tensor-data.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openByteReader } from './byte-reader.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { rowsFrom, tableFile, tensorOf, testdata } from './fits.fixture.ts';
import { openFits } from './fits.ts';

/** Counts the bytes that are fetched. */
function counting(name: string, bytes: Uint8Array): ObjectSource & { fetchedBytes(): number; streams(): number } {
  const source = bytesSource(name, bytes, 256 * 1024);
  let fetchedBytes = 0;
  let streams = 0;
  return {
    ...source,
    async read(start, end) {
      fetchedBytes += end - start;
      return source.read(start, end);
    },
    async *stream(start, end) {
      streams++;
      for await (const chunk of source.stream(start, end)) {
        // As a network does: the others have their turn meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
        fetchedBytes += chunk.length;
        yield chunk;
      }
    },
    fetchedBytes: () => fetchedBytes,
    streams: () => streams,
  };
}

/** A table of 12 MB whose bytes are known: narrow rows, and rows that are longer than a block. */
const shapes = [
  { kind: 'narrow', forms: ['J', '25E', 'K', '5A', '2L'], rowBytes: 119, rows: 100_000 },
  { kind: 'long', forms: ['K', '300000D', '3A', '7E'], rowBytes: 2_400_039, rows: 5 },
];
const widths: Record<string, number> = { J: 4, E: 4, K: 8, D: 8, A: 1, L: 1 };

test.each(shapes)('columns of $kind rows are read side by side in one download', async ({ forms, rowBytes, rows }) => {
  const data = Buffer.alloc(rowBytes * rows);
  for (let at = 0; at < data.length; at++) data[at] = 65 + ((at * 7 + (at >> 8)) % 60);
  const object = counting('large.fits', tableFile(forms, rowBytes, rows, data));
  const { tensors } = await openFits(object);
  const columns = [...tensors.values()].map((tensor) => ({ tensor, reader: openByteReader(tensor.bytes()) }));
  const batchRows = Math.ceil(rows / 3);
  const hashes = columns.map(() => createHash('sha1'));
  for (let row = 0; row < rows; row += batchRows) {
    const count = Math.min(batchRows, rows - row);
    await Promise.all(
      columns.map(async ({ tensor, reader }, i) => {
        const size = tensor.shape.slice(1).reduce((n, d) => n * d, tensor.dtype === 'text' ? 1 : widthOf(forms[i]));
        const bytes = await reader.take(count * size);
        if (!bytes) throw new Error(`${tensor.name} ends before row ${row + count}`);
        hashes[i]?.update(bytes);
      }),
    );
  }
  expect(object.fetchedBytes()).toBeLessThan(data.length * 1.05);
  expect(object.streams()).toBe(1);
  let offset = 0;
  for (const [i, form] of forms.entries()) {
    const width = widthOf(form) * Number(/^\d*/.exec(form)?.[0] || 1);
    const wanted = createHash('sha1');
    for (let row = 0; row < rows; row++) {
      const field = data.subarray(row * rowBytes + offset, row * rowBytes + offset + width);
      if (form.endsWith('A')) wanted.update(Buffer.concat([field], 128));
      else if (form.endsWith('L')) wanted.update(field.map((byte) => (byte === 84 ? 1 : 0)));
      else wanted.update(field);
    }
    expect(hashes[i]?.digest('hex'), form).toBe(wanted.digest('hex'));
    offset += width;
  }
});
const widthOf = (form = '') => widths[form.at(-1) ?? ''] ?? 0;

test('columns far from each other, and a column read twice, give what they hold', async () => {
  const [{ forms, rowBytes, rows } = { forms: [], rowBytes: 1, rows: 0 }] = shapes;
  const data = Buffer.alloc(rowBytes * rows);
  for (let row = 0; row < rows; row++) data.writeInt32BE(row, row * rowBytes);
  const object = counting('large.fits', tableFile(forms, rowBytes, rows, data));
  const tensor = tensorOf(await openFits(object), 'column_1');
  const numbers = async (bytes: Uint8Array | undefined) => [...toNumbers(tensor, bytes ?? new Uint8Array())];
  const rowsAt = (row: number, count: number) => Array.from({ length: count }, (_, i) => row + i);
  const readers = [0, 90_000, 40_000].map((row) => ({ row, reader: openByteReader(rowsFrom(tensor, row)) }));
  for (let step = 0; step < 10; step++) {
    const parts = await Promise.all(readers.map(({ reader }) => reader.take(4_000)));
    for (const [i, { row }] of readers.entries())
      expect(await numbers(parts[i])).toEqual(rowsAt(row + step * 1_000, 1_000));
  }
  expect(object.fetchedBytes()).toBeLessThan(2 * data.length);
  for (const _ of ['once', 'again']) expect(await numbers(await joined(tensor.bytes()))).toEqual(rowsAt(0, rows));
});

test('a download that fails is told to every column, and can be begun again', async () => {
  const bytes = testdata('table.fits');
  const source = bytesSource('table.fits', bytes);
  let fails = true;
  const stream: ObjectSource['stream'] = (start, end) => {
    if (fails) throw new Error('the network is down');
    return source.stream(start, end);
  };
  const { tensors } = await openFits({ ...source, stream });
  const readAll = () => Promise.allSettled([...tensors.values()].map((tensor) => joined(tensor.bytes())));
  expect((await readAll()).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  fails = false;
  expect((await readAll()).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
});
