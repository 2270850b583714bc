import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textRows, toNumbers } from '../inference/tensor-data.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';
import type { PartitionTensor } from './partition.ts';

const testdata = (name: string) => new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
const expected = JSON.parse(new TextDecoder().decode(testdata('expected.json')));

/** `bytes` defaults to the file written by the real library. */
const source = (key: string, bytes = testdata(key)) => bytesSource(key, bytes);

async function numbers(tensor: PartitionTensor): Promise<number[]> {
  return Array.from(toNumbers(tensor, await joined(tensor.bytes())), Number);
}

async function tensorOf(name: string, tensor: string): Promise<PartitionTensor> {
  const found = maybeTensor(await openPartition(source(name)), tensor);
  if (!found) throw new Error(`${name} has no ${tensor}`);
  return found;
}

test.each(['types.safetensors', 'types.npz', 'big-endian.npz'])(
  '%s: every dtype gives the numbers that were saved',
  async (name) => {
    const { tensors } = await openPartition(source(name));
    expect(tensors.size).toBeGreaterThanOrEqual(12);
    for (const tensor of tensors.values()) {
      expect(tensor.shape, tensor.name).toEqual([2, 3]);
      expect(await numbers(tensor), `${name} ${tensor.name}`).toEqual(expected.types[tensor.name]);
    }
  },
);

test.each([
  ['galaxies.safetensors', 'image'],
  ['stored.npz', 'image'],
  ['deflated.npz', 'image'],
  ['image.npy', 'arr_0'],
])('%s: a tensor of many dimensions', async (name, tensor) => {
  const image = await tensorOf(name, tensor);
  expect(image.shape).toEqual([7, 2, 4, 4]);
  expect(await numbers(image)).toEqual(expected.image);
});

test.each([
  ['galaxies.safetensors', 'image'],
  ['stored.npz', 'image'],
  ['image.npy', 'arr_0'],
  ['formats/image.pt', 'tensor_0'],
  ['formats/dict.pth', 'image'],
])('%s: the bytes are received where the model takes them', async (name, tensor) => {
  const image = await tensorOf(name, tensor);
  const target = new Uint8Array(image.shape.reduce((product, length) => product * length, 4));
  let filled = 0;
  for await (const chunk of image.bytes(() => target.subarray(filled))) {
    expect(chunk.buffer).toBe(target.buffer);
    filled += chunk.length;
  }
  expect(target).toEqual(await joined(image.bytes()));
});

test('64-bit ids keep every digit', async () => {
  for (const name of ['galaxies.safetensors', 'stored.npz', 'deflated.npz']) {
    const id = await tensorOf(name, 'id');
    for await (const chunk of id.bytes()) {
      expect(String(toNumbers(id, chunk.slice(0, 8))[0]), name).toBe(expected.id[0]);
      break;
    }
  }
});

test('npy version 2 is read', async () => {
  expect((await tensorOf('version2.npy', 'arr_0')).shape).toEqual([7, 2]);
});

test.each([
  ['object.npy', /object\.npy: tensor arr_0: an array of Python objects.*\.astype\(str\)/],
  ['structured.npy', /structured array/],
  ['fortran.npy', /Fortran order.*ascontiguousarray/],
])('%s is refused in words', async (name, message) => {
  await expect(openPartition(source(name))).rejects.toMatchObject({
    name: 'UnsupportedFormat',
    message: expect.stringMatching(message),
  });
});

async function textsOf(file: string, name: string): Promise<string[]> {
  const tensor = await tensorOf(file, name);
  expect(tensor).toMatchObject({ dtype: 'text', shape: [tensor.shape[0], 128] });
  return textRows(await joined(tensor.bytes()), tensor.shape[0] as number);
}

test.each(
  ['texts.npz', 'texts-deflated.npz'].flatMap((file) =>
    ['names', 'big_endian', 'bytes', 'column'].map((name) => [file, name]),
  ),
)('%s: texts of %s', async (file, name) => {
  expect(await textsOf(file as string, name as string)).toEqual(['NGC 1300', '', 'é 𝒩', '0123456789']);
});

test('texts of an npy file, and of many rows', async () => {
  expect(await textsOf('text.npy', 'arr_0')).toEqual(['a', 'bc']);
  expect(await textsOf('many-texts.npz', 'name')).toEqual(Array.from({ length: 3_000 }, (_, i) => `galaxy ${i}`));
});

test.each([
  ['table', /tensor table: texts \[2, 2\]; a text serves as id, so that there is one for each row/],
  ['one', /tensor one: texts \[\]; a text serves as id/],
  ['objects', /tensor objects: an array of Python objects/],
  ['long', /tensor long: row 3: a text of 129 bytes, an id has 128 at most/],
])('texts that are no ids are refused: %s', async (name, message) => {
  await expect(textsOf('texts.npz', name)).rejects.toThrow(message);
});

test('a character that does not exist is damage', async () => {
  const bytes = testdata('text.npy');
  bytes[bytes.length - 5] = 0x7f;
  const tensor = (await openPartition(source('text.npy', bytes))).tensors.get('arr_0') as PartitionTensor;
  await expect(joined(tensor.bytes())).rejects.toMatchObject({
    name: 'PartitionCorrupt',
    message: expect.stringMatching(/^text\.npy: tensor arr_0: row 1 holds the character \d+, which does not exist/),
  });
});

test('an array that cannot be read matters only when it is asked for', async () => {
  const partition = await openPartition(source('mixed-order.npz'));
  expect([...partition.tensors.keys()]).toEqual(['image']);
  expect(() => maybeTensor(partition, 'object')).toThrow(/Python objects/);
});

/** Cut at every length, a file is an error that names it, or reads as far as it is needed: never garbage, never a crash. */
test.each(['galaxies.safetensors', 'image.npy', 'stored.npz', 'deflated.npz', 'text.npy', 'texts.npz'])(
  '%s cut short anywhere is reported',
  async (name) => {
    const bytes = testdata(name);
    for (let length = 0; length < bytes.length; length += 13) {
      const attempt = openPartition(source(name, bytes.subarray(0, length)));
      await expect(attempt, `${length} bytes`).rejects.toMatchObject({
        name: expect.stringMatching(/^Partition(Truncated|Corrupt)$/),
        message: expect.stringContaining(`${name}: `),
      });
    }
  },
);

test('a damaged byte anywhere is reported or harmless', async () => {
  for (const name of ['galaxies.safetensors', 'image.npy', 'stored.npz', 'deflated.npz', 'text.npy', 'texts.npz']) {
    for (let at = 0; at < testdata(name).length; at += 2) {
      const bytes = testdata(name);
      bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      try {
        const partition = await openPartition(source(name, bytes));
        for (const tensor of partition.tensors.values()) for await (const _ of tensor.bytes());
      } catch (error) {
        expect((error as Error).name, `${name} byte ${at}: ${(error as Error).message}`).toMatch(
          /^Partition|^Unsupported/,
        );
        expect((error as Error).message).toContain(`${name}: `);
      }
    }
  }
});

test('tensor and byte are named where the data is cut', async () => {
  const bytes = testdata('galaxies.safetensors');
  const attempt = openPartition(source('datasets/x/3.safetensors', bytes.subarray(0, 1_000)));
  await expect(attempt).rejects.toThrow(
    /^datasets\/x\/3\.safetensors: tensor image ends at byte \d+, the file at 1000/,
  );
});
