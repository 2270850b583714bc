import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countSamples } from '../inference/batches.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';
import type { PartitionTensor } from './partition.ts';

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testdata/formats/${name}`, import.meta.url)));
const open = (name: string) => openPartition(bytesSource(name, testdata(name)));

async function numbers(tensor: PartitionTensor): Promise<number[]> {
  return Array.from(toNumbers(tensor, await joined(tensor.bytes())), Number);
}

test('every dtype gives the numbers that were saved', async () => {
  const { types } = JSON.parse(new TextDecoder().decode(testdata('expected.json')));
  const { tensors } = await open('types.pt');
  expect([...tensors.keys()]).toEqual(Object.keys(types));
  for (const tensor of tensors.values()) {
    expect(tensor.shape).toEqual([2, 3]);
    expect(await numbers(tensor), tensor.name).toEqual(types[tensor.name]);
  }
});

test.each([
  ['malicious.pt', 'UnsupportedFormat', 'malicious.pt: data.pkl: it holds posix.system, which is neither'],
  ['numpy.pt', 'UnsupportedFormat', /it holds numpy\.\S+, which is neither a tensor/],
  ['subset.pt', 'UnsupportedFormat', 'it holds torch.utils.data.dataset.Subset'],
  ['legacy.pt', 'UnsupportedFormat', /saved in the format of PyTorch before 1\.6; write it again with torch\.save/],
  ['script.pt', 'UnsupportedFormat', 'a TorchScript program, not data'],
])('%s is refused in words', async (name, code, message) => {
  await expect(open(name)).rejects.toThrow(
    expect.objectContaining({ name: code, message: expect.stringMatching(message) }),
  );
  expect(existsSync('/tmp/starmap-was-here')).toBe(false);
});

test.each([
  ['unsupported.pt', 'complex64', 'dtype torch.ComplexFloatStorage cannot be read; convert it, x.float()'],
  ['unsupported.pt', 'float8_e4m3fn', 'dtype torch.float8_e4m3fn cannot be read'],
  ['unsupported.pt', 'conjugated', 'save x.resolve_neg()'],
  ['unsupported.pt', 'nested', 'it is a list, not a tensor'],
  ['unsupported.pt', 'text', 'it is a string, not a tensor'],
  ['parameter.pt', 'epoch', 'it is an int, not a tensor'],
  ['expanded.pt', 'sky', '[23, 4000] repeats a few numbers 368000 bytes long; save x.contiguous()'],
  ['compressed.pt', 'image', 'it was compressed; use the file as torch.save wrote it'],
])('%s: the tensor %s matters only when it is asked for', async (name, tensor, message) => {
  const partition = await open(name).catch((error: Error) => error);
  const ask = () => {
    if (partition instanceof Error) throw partition;
    maybeTensor(partition, tensor);
  };
  expect(ask).toThrow(expect.objectContaining({ name: 'UnsupportedFormat' }));
  expect(ask).toThrow(message);
});

test('an expanded tensor repeats its number', async () => {
  const { tensors } = await open('expanded.pt');
  expect(await numbers(tensors.get('one') as PartitionTensor)).toEqual(new Array(23).fill(1));
});

test.each([
  ['no-samples.pt', 'PartitionEmpty', /^no-samples\.pt: tensor image \[0, 2, 4, 4\] holds no samples/],
  ['uneven.pt', 'PartitionCorrupt', /^uneven\.pt: tensor image has 23 samples, redshift \[5\] has 5/],
  ['scalar.pt', 'PartitionCorrupt', /^scalar\.pt: tensor image has 23 samples, redshift \[\]/],
])('%s cannot be counted: file, tensor and shape are named', async (name, code, message) => {
  const { tensors } = await open(name);
  expect(() => countSamples(name, [...tensors.values()])).toThrow(
    expect.objectContaining({ name: code, message: expect.stringMatching(message) }),
  );
});

test('a flipped bit of the data is found by the checksum', async () => {
  const bytes = testdata('dict.pth');
  const image = (await open('dict.pth')).tensors.get('image') as PartitionTensor;
  bytes[(image.range?.start ?? 0) + 500] = 0xff;
  const { tensors } = await openPartition(bytesSource('dict.pth', bytes));
  const damage = /^dict\.pth: tensor image: its data is damaged \(its checksum is [\da-f]{8}, written was/;
  await expect(numbers(tensors.get('image') as PartitionTensor)).rejects.toThrow(damage);
  const { range, verify } = tensors.get('image') as PartitionTensor;
  expect(() => verify?.(bytes.slice(range?.start, range?.end))).toThrow(damage);
});
