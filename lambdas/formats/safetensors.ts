import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { type Dtype, formatShape, type Partition, tensorBytes } from './partition.ts';

/** The format's own limit: a longer header is not one. https://github.com/huggingface/safetensors#format */
const MAX_HEADER_BYTES = 100_000_000;

const dtypes: Record<string, Dtype> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/** safetensors: 8 bytes little-endian header length, header (JSON), then the tensors one after another. */
export async function openSafetensors(object: ObjectSource): Promise<Partition> {
  const { key, sizeBytes } = object;
  if (sizeBytes < 8) throw new Failure('PartitionTruncated', `${key}: ${sizeBytes} bytes are no safetensors file`);
  // The reference implementation puts the tensors in the order of their types and names: small ones, ids and truths, often
  // lie at the end. To know it from the header first costs each item the time of another answer.
  object.prefetchTail();
  const lengthBytes = await object.read(0, 8);
  const headerBytes = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES) {
    throw new Failure(
      'PartitionCorrupt',
      `${key}: not a safetensors file (bytes 0 to 7 give a header of ${headerBytes} bytes)`,
    );
  }
  const dataStart = 8 + headerBytes;
  if (dataStart > sizeBytes) {
    throw new Failure('PartitionTruncated', `${key}: the header ends at byte ${dataStart}, the file at ${sizeBytes}`);
  }
  const header = parseHeader(key, await object.read(8, dataStart));
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { code, shape, start, end } = readEntry(key, name, entry);
    const dtype = Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
    if (!dtype) {
      const message = `${key}: tensor ${name}: dtype ${code} cannot be read; convert it to F32`;
      partition.unreadable.set(name, new Failure('UnsupportedFormat', message));
      continue;
    }
    requireSize(key, name, dtype, shape, end - start);
    const range = { start: dataStart + start, end: dataStart + end };
    if (range.end > sizeBytes) {
      const message = `${key}: tensor ${name} ends at byte ${range.end}, the file at ${sizeBytes}; write or upload it again`;
      throw new Failure('PartitionTruncated', message);
    }
    const bytes = (place?: Place) => object.stream(range.start, range.end, place);
    partition.tensors.set(name, { name, dtype, shape, bigEndian: false, range, bytes });
  }
  return partition;
}

function parseHeader(key: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch (error) {
    throw new Failure('PartitionCorrupt', `${key}: the safetensors header (from byte 8) is not JSON`, { cause: error });
  }
  throw new Failure('PartitionCorrupt', `${key}: the safetensors header (from byte 8) is not a JSON object`);
}

function readEntry(key: string, name: string, entry: unknown) {
  const corrupt = (why: string) => new Failure('PartitionCorrupt', `${key}: tensor ${name}: ${why}`);
  const { dtype: code, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string') throw corrupt(`${JSON.stringify(code)} is no dtype`);
  if (!isCounts(shape)) throw corrupt(`${JSON.stringify(shape)} is no shape`);
  const [start, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (start === undefined || end === undefined || start > end) {
    throw corrupt(`${JSON.stringify(offsets)} are no data offsets`);
  }
  return { code, shape, start, end };
}

function requireSize(key: string, name: string, dtype: Dtype, shape: number[], storedBytes: number): void {
  const bytes = tensorBytes(dtype, shape);
  if (storedBytes === bytes) return;
  const what = `${dtype} ${formatShape(shape)} is ${bytes} bytes, its data offsets hold ${storedBytes}`;
  throw new Failure('PartitionCorrupt', `${key}: tensor ${name}: ${what}`);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
