import { option, says } from '../../lib/domain/partition-message.ts';
import { type Dtype, TEXT_BYTES, tensorBytes } from '../formats/partition.ts';
import { type OpenOutput, unfit, writeTensors } from './output.ts';
import { rowBytes, type SampleTensor } from './samples.ts';

const codes: Record<Dtype, string | undefined> = {
  text: `|S${TEXT_BYTES}`,
  bfloat16: undefined,
  bool: '|b1',
  uint8: '|u1',
  int8: '|i1',
  uint16: '<u2',
  int16: '<i2',
  uint32: '<u4',
  int32: '<i4',
  uint64: '<u8',
  int64: '<i8',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
};

const ALIGNMENT = 64;

/** npy: the one tensor of the source. */
export const npyOutput: OpenOutput = (samples) => {
  const [tensor, other] = samples.tensors;
  if (!tensor || other) {
    const names = samples.tensors.map(({ name }) => name).join(', ');
    const remedy = says`name one in ${option('tensors')}, or choose ${option('format', 'npz')}`;
    throw unfit(names, 'an npy file holds one tensor', remedy);
  }
  return {
    extension: 'npy',
    fileBytes: (count) => npyHeader(tensor, count).length + count * rowBytes(tensor),
    async write(sink, first, count) {
      await sink(npyHeader(tensor, count));
      await writeTensors(samples, [tensor], first, count, sink);
    },
  };
};

/**
 * What stands before the data of an array, padded as numpy does. Version 1 of the format:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader({ name, dtype, shape }: SampleTensor, count: number): Uint8Array {
  const descr = codes[dtype];
  if (!descr) {
    const remedy = says`leave it out with ${option('tensors')}, or choose another ${option('format')}`;
    throw unfit(name, `it holds ${dtype}, which npy cannot`, remedy);
  }
  // The bytes of a text are part of its type.
  const sample = dtype === 'text' ? [] : shape;
  const dims = [count, ...sample].map((size) => `${size},`).join(' ');
  const tuple = sample.length > 0 ? dims.slice(0, -1) : dims;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const unpadded = 10 + dict.length + 1;
  const text = `${dict}${' '.repeat(Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT - unpadded)}\n`;
  const header = Buffer.alloc(10 + text.length);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(text.length, 8);
  header.write(text, 10, 'latin1');
  return header;
}

/** Bytes of an array's file. */
export const npyBytes = (tensor: SampleTensor, count: number) =>
  npyHeader(tensor, count).length + tensorBytes(tensor.dtype, [count, ...tensor.shape]);
