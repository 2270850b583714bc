import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { type NpyText, npyTexts } from './npy-text.ts';
import { type Dtype, formatShape, type Partition, type PartitionTensor, TEXT_BYTES, tensorBytes } from './partition.ts';

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
  dataBytes: number;
  /** Where it holds texts: the others tell what they become. */
  text?: NpyText;
}

/** npy: one array, offered as tensor `arr_0`. */
export async function openNpy(object: ObjectSource): Promise<Partition> {
  const { key, sizeBytes } = object;
  const header = await readNpyHeader(key, NPY_TENSOR, sizeBytes, (start, end) => object.read(start, end));
  const range = { start: header.dataStart, end: header.dataStart + header.dataBytes };
  requireLength(key, NPY_TENSOR, header, sizeBytes);
  const bytes = (place?: Place) => object.stream(range.start, range.end, place);
  const tensor = npyTensor(key, NPY_TENSOR, header, { range, bytes });
  return { tensors: new Map([[NPY_TENSOR, tensor]]), unreadable: new Map() };
}

/**
 * The tensor of an array.
 * @param stored where the data of the array lies, and how it is read.
 */
export function npyTensor(
  key: string,
  name: string,
  { dtype, bigEndian, shape, text }: NpyHeader,
  stored: Pick<PartitionTensor, 'range' | 'bytes' | 'verify'>,
): PartitionTensor {
  const tensor = { name, dtype, bigEndian, shape };
  if (!text) return { ...tensor, ...stored };
  return { ...tensor, range: undefined, bytes: () => npyTexts(`${key}: tensor ${name}`, text, stored.bytes()) };
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
  const needed = header.dataStart + header.dataBytes;
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
    throw refuse(
      'an array of Python objects, which only Python can read; save it with a numeric dtype, ids as .astype(str)',
    );
  const [, byteOrder, kind, characters] = /^'([<>|=])([US])([1-9]\d*)'$/.exec(descr) ?? [];
  if (kind) return textHeader(refuse, shape, kind === 'U', Number(characters), byteOrder === '>');
  const [, endian, code] = /^'([<>|=])(\w+)'$/.exec(descr) ?? [];
  const dtype = code !== undefined && Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
  if (!dtype) throw refuse(`dtype ${descr} is not a number type; convert it with .astype`);
  if (order === 'True' && shape.length > 1) {
    throw refuse('saved in Fortran order, in which samples do not lie together; save np.ascontiguousarray(a)');
  }
  return { dtype, bigEndian: endian === '>', shape, dataBytes: tensorBytes(dtype, shape) };
}

/** Texts serve as ids: one for each row. */
function textHeader(
  refuse: (why: string) => Failure,
  shape: number[],
  isUtf32: boolean,
  characters: number,
  bigEndian: boolean,
): Omit<NpyHeader, 'dataStart'> {
  const [count = 0, ...others] = shape;
  if (shape.length === 0 || others.some((size) => size !== 1))
    throw refuse(`texts ${formatShape(shape)}; a text serves as id, so that there is one for each row`);
  const widthBytes = characters * (isUtf32 ? 4 : 1);
  const text = { widthBytes, isUtf32, bigEndian, count };
  return { dtype: 'text', bigEndian: false, shape: [count, TEXT_BYTES], dataBytes: count * widthBytes, text };
}
