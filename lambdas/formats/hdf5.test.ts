import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countSamples } from '../inference/batches.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';
import type { Partition, PartitionTensor } from './partition.ts';

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testdata/formats/${name}`, import.meta.url)));
const open = (name: string, bytes = testdata(name)) => openPartition(bytesSource(name, bytes));

function tensorOf({ tensors }: Partition, name: string): PartitionTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`there is no ${name}, only ${[...tensors.keys()]}`);
  return tensor;
}
const readAll = async (tensor: PartitionTensor | undefined) => (tensor ? joined(tensor.bytes()) : undefined);
async function* rowsFrom({ bytesFrom }: PartitionTensor, row: number) {
  if (bytesFrom) yield* bytesFrom(row);
}
const numbers = async (tensor: PartitionTensor) => [...toNumbers(tensor, await joined(tensor.bytes()))];
const texts = async (tensor: PartitionTensor) =>
  (await joined(tensor.bytes())).reduce(
    (text, byte, i) => text + (i % 128 === 0 ? '|' : '') + (byte ? String.fromCharCode(byte) : ''),
    '',
  );

test('data sets in groups, in chunks, compressed, under checksums and big-endian give what the plain file gives', async () => {
  const plain = await open('galaxies.safetensors');
  const [contiguous, chunked] = await Promise.all([open('galaxies.h5'), open('chunked.hdf5')]);
  for (const [name, tensor] of plain.tensors) {
    const expected = await numbers(tensor);
    for (const found of [tensorOf(contiguous, name), tensorOf(chunked, `survey/dr17/${name}`)]) {
      expect(found).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
      expect(await numbers(found), found.name).toEqual(expected);
    }
  }
});

test.each([0, 1, 6, 7, 22, 23])('reading begins at row %i of chunks of 5 rows', async (row) => {
  const partition = await open('chunked.hdf5');
  const image = tensorOf(partition, 'survey/dr17/image');
  const all = await joined(image.bytes());
  expect(await joined(rowsFrom(image, row))).toEqual(all.slice(row * 2 * 4 * 4 * 4));
});

test('numbers of 12 bits are refused, not given as other numbers', async () => {
  const { unreadable } = await open('nbit.h5');
  expect(unreadable.get('counts')?.message).toBe(
    'nbit.h5: tensor counts: compressed with nbit; write it with gzip, or without',
  );
});

test('a file behind a block of another program is found', async () => {
  const [behind, plain] = await Promise.all([open('user-block.h5'), open('galaxies.h5')]);
  expect(await numbers(tensorOf(behind, 'id'))).toEqual(await numbers(tensorOf(plain, 'id')));
});

test('a data set in one large chunk is not unpacked anew for each piece of it, and takes the memory of one piece', async () => {
  const sky = tensorOf(await open('one-chunk.h5'), 'sky');
  let [bytes, ones] = [0, 0];
  const memories = new Set<ArrayBufferLike>();
  for await (const piece of sky.bytes()) {
    memories.add(piece.buffer);
    bytes += piece.length;
    ones += piece.includes(1) ? piece.length - piece.indexOf(1) : 0;
  }
  expect({ bytes, ones }).toEqual({ bytes: 66 * 1024 * 1024, ones: 1024 });
  expect([...memories].map(({ byteLength }) => byteLength)).toEqual([256 * 1024]);
});

test('rows of chunks that are small parts of many of them come whole, in pieces of any size', async () => {
  const sky = tensorOf(await open('spread.h5'), 'sky');
  expect(sky.shape).toEqual([460, 5, 18, 31]);
  const expected = new Uint16Array(460 * 5 * 18 * 31);
  for (let row = 0, i = 0; row < 460; row++)
    for (let channel = 0; channel < 5; channel++)
      for (let y = 0; y < 18; y++) for (let x = 0; x < 31; x++) expected[i++] = row + 1000 * channel + 100 * y + x;
  const isExpected = (bytes: Uint8Array, from: number) =>
    Buffer.from(expected.buffer, from, bytes.length).equals(bytes);
  for (const size of [1, 1_001, 7 * 5_580, 300_000]) {
    let at = 0;
    const pieces = sky.bytes(() => new Uint8Array(size));
    // Byte by byte a few suffice.
    for await (const piece of pieces) {
      expect(isExpected(piece, at), `${piece.length} bytes at ${at}`).toBe(true);
      at += piece.length;
      if (size === 1 && at > 12_000) break;
    }
    if (size > 1) expect(at).toBe(expected.byteLength);
  }
  const from = await joined(rowsFrom(sky, 230));
  expect(isExpected(from, 230 * 5_580) && from.length === 230 * 5_580).toBe(true);
});

test('numbers of one row each come whole from chunks that are larger than what is in memory', async () => {
  const flux = await numbers(tensorOf(await open('spread.h5'), 'flux'));
  expect(flux.length).toBe(400_000);
  expect(flux.findIndex((value, i) => Number(value) !== Math.floor(i / 100))).toBe(-1);
});

test('a data set is read on after so many chunks of another one that the file was opened anew', async () => {
  const partition = await open('spread.h5');
  const sky = tensorOf(partition, 'sky');
  const all = await joined(sky.bytes());
  const pieces: Uint8Array[] = [];
  for await (const piece of sky.bytes()) {
    pieces.push(piece.slice());
    if (pieces.length % 3 !== 1) continue;
    const ticks = await numbers(tensorOf(partition, 'ticks'));
    expect(ticks).toEqual(Array.from({ length: 2_500 }, (_, i) => i));
  }
  expect(Buffer.concat(pieces).equals(all)).toBe(true);
});

test('every dtype gives the numbers that were saved, in both byte orders', async () => {
  const partition = await open('types.h5');
  const values = [-2, -0.5, 0, 1, 1.5, 100];
  for (const dtype of [
    'uint8',
    'int8',
    'uint16',
    'int16',
    'uint32',
    'int32',
    'uint64',
    'int64',
    'float16',
    'float32',
    'float64',
  ]) {
    const whole = dtype.startsWith('float') ? values : values.map(Math.trunc);
    const expected = (dtype.startsWith('u') ? whole.map(Math.abs) : whole).map((value) => value + 0);
    for (const name of [dtype, `big/${dtype}`]) {
      const tensor = tensorOf(partition, name);
      expect(tensor).toMatchObject({ dtype, shape: [2, 3] });
      expect((await numbers(tensor)).map(Number), name).toEqual(expected);
    }
  }
  expect(await numbers(tensorOf(partition, 'bool'))).toEqual([1, 1, 0, 1, 1, 1]);
  expect(tensorOf(partition, 'bool').dtype).toBe('bool');
  for (const name of ['class', 'big/class']) expect(await numbers(tensorOf(partition, name)), name).toEqual([0, 2, 1]);
  expect(await numbers(tensorOf(partition, 'largest'))).toEqual([2n ** 64n - 1n]);
});

test('strings of a fixed length and of any length are text', async () => {
  const partition = await open('types.h5');
  expect(tensorOf(partition, 'ascii')).toMatchObject({ dtype: 'text', shape: [3, 128] });
  expect(await texts(tensorOf(partition, 'ascii'))).toBe('|SDSS J0001||x');
  const utf8 = await joined(tensorOf(partition, 'utf8').bytes());
  expect(new TextDecoder().decode(utf8.subarray(0, 128)).replaceAll('\0', '')).toBe('Große Magellansche Wolke');
});

test.each([
  ['complex', 'of a compound type (complex numbers, or fields of a table); save it as an array of numbers'],
  ['fields', 'of a compound type'],
  ['ragged', 'of rows of different lengths'],
  ['nothing', 'a data set without a shape; leave it out'],
  ['lzf', 'compressed with lzf; write it with gzip, or without'],
  ['words', 'text of shape [1, 2]; a text serves as id, one for each sample'],
  ['gone', 'a link that leads nowhere or to another file; copy the data into this one'],
  ['passwords', 'a link that leads nowhere or to another file'],
  ['virtual', 'a virtual data set, which lies in other files; copy the data into this one'],
  ['long', 'row 0: a text of 200 bytes, an id has 128 at most'],
  ['sparse', 'uint8 [1099511627776] is more than a file of'],
])('%s matters only when it is asked for, and is refused in words', async (name, message) => {
  const partition = await open('unsupported.h5');
  expect(await numbers(tensorOf(partition, 'id'))).toHaveLength(23);
  const ask = async () => readAll(maybeTensor(partition, name));
  await expect(ask()).rejects.toThrow(`unsupported.h5: tensor ${name}: ${message}`);
});

test('a data set whose data lies in another file of the machine is not read from there', async () => {
  const partition = await open('unsupported.h5');
  await expect(joined(tensorOf(partition, 'external').bytes())).rejects.toMatchObject({ name: 'PartitionCorrupt' });
});

test('no rows, and a value for all of them, are told by who counts the samples', async () => {
  const count = async (name: string) => countSamples(name, [...(await open(name)).tensors.values()]);
  await expect(count('no-rows.h5')).rejects.toMatchObject({ name: 'PartitionEmpty' });
  await expect(count('scalar.h5')).rejects.toThrow('tensor epoch has no dimension to count samples by');
  expect(await numbers(tensorOf(await open('scalar.h5'), 'epoch'))).toEqual([2000]);
});

test('a file that is closed is not kept', async () => {
  const source = bytesSource('galaxies.h5', testdata('galaxies.h5'));
  const { tensors } = await openPartition(source);
  await source.close();
  await expect(readAll(tensors.get('image'))).rejects.toMatchObject({ name: 'PartitionCorrupt' });
});

test('what is no HDF5 file, or only the beginning of one, is said', async () => {
  await expect(open('x.h5', testdata('image.pt'))).rejects.toThrow('x.h5: not an HDF5 file');
  await expect(open('x.h5', testdata('galaxies.h5').subarray(0, 5_000))).rejects.toMatchObject({
    name: 'PartitionTruncated',
    message: expect.stringContaining('x.h5: HDF5 cannot read it ('),
  });
});
