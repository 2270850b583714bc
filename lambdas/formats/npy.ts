import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { type Dtype, formatShape, type Partition, tensorBytes } from './partition.ts';

/** The name of the one array of a .npy file: the name numpy gives to an unnamed array in an .npz. */
const NPY_TENSOR = 'arr_0';
/** More than any real header: numpy itself refuses headers over 10,000 characters. */
const MAX_HEADER_BYTES = 1_000_000;

const dtypes: Record<string, Dtype> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

export interface NpyHeader {
  dtype: Dtype;
  bigEndian: boolean;
  shape: number[];
  /** Bytes before the data. */
  dataStart: number;
}

/** npy: one array, offered as tensor `arr_0`. */
export async function openNpy(object: ObjectSource): Promise<Partition> {
  const { key, sizeBytes } = object;
  const header = await readNpyHeader(key, NPY_TENSOR, sizeBytes, (start, end) => object.read(start, end));
  const range = { start: header.dataStart, end: header.dataStart + tensorBytes(header.dtype, header.shape) };
  requireLength(key, NPY_TENSOR, header, sizeBytes);
  const bytes = (place?: Place) => object.stream(range.start, range.end, place);
  const tensor = { name: NPY_TENSOR, ...header, range, bytes };
  return { tensors: new Map([[NPY_TENSOR, tensor]]), unreadable: new Map() };
}

/**
 * Reads the header of one array: magic, version, header length, then a Python dict literal.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @param read gives bytes of the array's file by offset, end exclusive; called with rising offsets.
 */
export async function readNpyHeader(
  key: string,
  tensor: string,
  sizeBytes: number,
  read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<NpyHeader> {
  if (sizeBytes < 12)
    throw new Failure('PartitionTruncated', `${key}: tensor ${tensor}: ${sizeBytes} bytes are no npy array`);
  const prefix = await read(0, 12);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (view.getUint8(0) !== 0x93 || new TextDecoder().decode(prefix.subarray(1, 6)) !== 'NUMPY') {
    throw new Failure(
      'PartitionCorrupt',
      `${key}: tensor ${tensor}: not an npy array (its first bytes are not \\x93NUMPY)`,
    );
  }
  const version = view.getUint8(6);
  if (version < 1 || version > 3) {
    throw new Failure('PartitionCorrupt', `${key}: tensor ${tensor}: npy version ${version} is unknown`);
  }
  // Version 1 has a 2-byte length at byte 8, later ones 4 bytes.
  const dictStart = version === 1 ? 10 : 12;
  const dataStart = dictStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > MAX_HEADER_BYTES) {
    throw new Failure('PartitionCorrupt', `${key}: tensor ${tensor}: a header of ${dataStart} bytes is none`);
  }
  if (dataStart > sizeBytes) {
    throw new Failure(
      'PartitionTruncated',
      `${key}: tensor ${tensor}: the header ends at byte ${dataStart} of ${sizeBytes}`,
    );
  }
  const rest = await read(12, dataStart);
  const decoder = new TextDecoder(version === 3 ? 'utf-8' : 'latin1');
  const dict = decoder.decode(prefix.subarray(dictStart)) + decoder.decode(rest);
  return { ...parseDict(key, tensor, dict), dataStart };
}

/** The array's data must be there to the last byte. */
export function requireLength(key: string, tensor: string, header: NpyHeader, sizeBytes: number): void {
  const needed = header.dataStart + tensorBytes(header.dtype, header.shape);
  if (sizeBytes >= needed) return;
  const what = `${header.dtype} ${formatShape(header.shape)} needs ${needed} bytes, there are ${sizeBytes}`;
  throw new Failure('PartitionTruncated', `${key}: tensor ${tensor}: ${what}; write or upload it again`);
}

function parseDict(key: string, tensor: string, dict: string): Omit<NpyHeader, 'dataStart'> {
  const refuse = (why: string) => new Failure('UnsupportedFormat', `${key}: tensor ${tensor}: ${why}`);
  const descr = /'descr':\s*(\[.*?\]|'[^']*')\s*,/s.exec(dict)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(dict)?.[1];
  const dims = /'shape':\s*\(([\d\sL,]*)\)/.exec(dict)?.[1];
  if (descr === undefined || order === undefined || dims === undefined) {
    throw new Failure(
      'PartitionCorrupt',
      `${key}: tensor ${tensor}: the npy header is damaged: ${dict.trim().slice(0, 200)}`,
    );
  }
  const shape = (dims.match(/\d+/g) ?? []).map(Number);
  if (descr.startsWith('[')) throw refuse('a structured array; save each field as an array of its own (np.savez)');
  if (descr.includes('O'))
    throw refuse('an array of Python objects, which only Python can read; save it with a numeric dtype');
  const [, endian, code] = /^'([<>|=])(\w+)'$/.exec(descr) ?? [];
  const dtype = code !== undefined && Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
  if (!dtype) throw refuse(`dtype ${descr} is not a number type; convert it with .astype`);
  if (order === 'True' && shape.length > 1) {
    throw refuse('saved in Fortran order, in which samples do not lie together; save np.ascontiguousarray(a)');
  }
  return { dtype, bigEndian: endian === '>', shape };
}
