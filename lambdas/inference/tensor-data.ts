/// <reference lib="es2025.float16" />
import { type Dtype, itemBytes, type PartitionTensor } from '../formats/partition.ts';

/** Numbers of one tensor, in row-major order. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array;

/** A tensor going into or coming out of the model. `type` is ONNX Runtime's name of the element type. */
export interface TensorValue {
  type: string;
  data: Numbers;
  shape: readonly number[];
}

/** ONNX Runtime's element types that an array of this class can hold. */
export const arrayTypes = (data: Numbers): string[] => typesOfArray[data.constructor.name] ?? [];

const typesOfArray: Record<string, string[]> = {
  Float32Array: ['float32'],
  Float64Array: ['float64'],
  Float16Array: ['float16'],
  Int8Array: ['int8'],
  Uint8Array: ['uint8', 'bool'],
  Int16Array: ['int16'],
  Uint16Array: ['uint16'],
  Int32Array: ['int32'],
  Uint32Array: ['uint32'],
  BigInt64Array: ['int64'],
  BigUint64Array: ['uint64'],
};

export const isNumbers = (data: unknown): data is Numbers =>
  ArrayBuffer.isView(data) && data.constructor.name in typesOfArray;

type Stored = Pick<PartitionTensor, 'dtype' | 'bigEndian'>;

/**
 * Bytes as they lie in the file, as numbers: a view of the same memory, except for bfloat16, which JavaScript does not
 * have and which becomes float32. Big-endian data is turned round in place.
 * @param bytes aligned to the element size.
 */
export function toNumbers({ dtype, bigEndian }: Stored, bytes: Uint8Array): Numbers {
  if (bigEndian) swapBytes(bytes, itemBytes[dtype]);
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / itemBytes[dtype];
  return views[dtype](buffer, byteOffset, length);
}

/** A copy of the numbers in memory that `take` gives, which threads share. */
export function copyShared(data: Numbers, take: (bytes: number) => SharedArrayBuffer): Numbers {
  const ofItsClass = data.constructor as new (
    buffer: SharedArrayBuffer,
    offset: number,
    length: number,
  ) => Float32Array;
  const shared = new ofItsClass(take(data.byteLength), 0, data.length);
  shared.set(data as Float32Array);
  return shared;
}

/** `count` rows of the same number of bytes of UTF-8, which end at the first 0. */
export function textRows(bytes: Uint8Array, count: number): string[] {
  const width = bytes.length / count;
  return Array.from({ length: count }, (_, row) => {
    const text = Buffer.from(bytes.subarray(row * width, (row + 1) * width));
    const end = text.indexOf(0);
    return text.toString('utf8', 0, end < 0 ? width : end);
  });
}

const views: Record<Dtype, (buffer: ArrayBufferLike, offset: number, length: number) => Numbers> = {
  text: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  bool: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  uint8: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  int8: (buffer, offset, length) => new Int8Array(buffer, offset, length),
  uint16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  int16: (buffer, offset, length) => new Int16Array(buffer, offset, length),
  uint32: (buffer, offset, length) => new Uint32Array(buffer, offset, length),
  int32: (buffer, offset, length) => new Int32Array(buffer, offset, length),
  uint64: (buffer, offset, length) => new BigUint64Array(buffer, offset, length),
  int64: (buffer, offset, length) => new BigInt64Array(buffer, offset, length),
  float16: (buffer, offset, length) => new Float16Array(buffer, offset, length),
  bfloat16: (buffer, offset, length) => {
    const halves = new Uint16Array(buffer, offset, length);
    const bits = new Uint32Array(length);
    for (let i = 0; i < length; i++) bits[i] = (halves[i] ?? 0) << 16;
    return new Float32Array(bits.buffer);
  },
  float32: (buffer, offset, length) => new Float32Array(buffer, offset, length),
  float64: (buffer, offset, length) => new Float64Array(buffer, offset, length),
};

function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}
