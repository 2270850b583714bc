import type { Failure } from '../failure.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { type Dtype, itemBytes } from './partition.ts';

/** The number types that FITS has. All are big-endian. */
export type StoredType = 'uint8' | 'int16' | 'int32' | 'int64' | 'float32' | 'float64';

/** The value that is meant is `zero + scale * stored`. */
export interface Scaling {
  scale: number;
  zero: number;
  /** The stored integer that stands for a missing value. */
  missing: bigint | undefined;
}

/** What the numbers of a tensor are, and how they are made from those in the file. */
export interface Values {
  dtype: Dtype;
  bigEndian: boolean;
  /**
   * Undefined where they are as stored.
   * @param piece is aligned, holds whole numbers and may be written to.
   * @param first which number of the tensor the piece begins with.
   */
  convert: ((piece: Uint8Array, first: number) => Uint8Array) | undefined;
}

/** Unsigned integers (of bytes: signed ones) are stored with half of their range taken off. */
const shifted: Partial<Record<StoredType, { dtype: Dtype; zero: number }>> = {
  uint8: { dtype: 'int8', zero: -128 },
  int16: { dtype: 'uint16', zero: 2 ** 15 },
  int32: { dtype: 'uint32', zero: 2 ** 31 },
  int64: { dtype: 'uint64', zero: 2 ** 63 },
};

/**
 * Numbers as astropy gives them, except that a missing value is never given as a number: it is NaN where the type is a
 * float, and refused where it is an integer.
 * @param floatType of what is scaled.
 * @param isColumn of a table: 64-bit integers stay what they are though some may be missing.
 * @param refuseMissing gives what to throw for a missing integer.
 */
export function describeValues(
  stored: StoredType,
  { scale, zero, missing }: Scaling,
  floatType: 'float32' | 'float64',
  isColumn: boolean,
  refuseMissing: (value: number) => Failure,
): Values {
  const isFloat = stored.startsWith('float');
  const mark = isFloat ? undefined : missing;
  const bigEndian = itemBytes[stored] > 1;
  const isPlain = scale === 1 && zero === 0;
  if (isPlain && mark === undefined) return { dtype: stored, bigEndian, convert: undefined };
  const requireAll = (piece: Uint8Array, first: number, dtype: Dtype = stored) => {
    if (mark === undefined) return;
    const at = valuesOf(dtype, piece.slice()).indexOf(markOf(dtype, mark) as never);
    if (at >= 0) throw refuseMissing(first + at);
  };
  const shift = scale === 1 ? shifted[stored] : undefined;
  if (shift?.zero === zero) {
    const convert = (piece: Uint8Array, first: number) => {
      requireAll(piece, first);
      // To add half of the range is to turn the first bit.
      for (let at = 0; at < piece.length; at += itemBytes[stored]) piece[at] = (piece[at] as number) ^ 0x80;
      // The standard means the stored number; astropy writes the one that is meant, and so it reads its tables.
      if (isColumn) requireAll(piece, first, shift.dtype);
      return piece;
    };
    return { dtype: shift.dtype, bigEndian, convert };
  }
  if (isPlain && stored === 'int64' && isColumn) {
    const convert = (piece: Uint8Array, first: number) => {
      requireAll(piece, first);
      return piece;
    };
    return { dtype: stored, bigEndian, convert };
  }
  return {
    dtype: floatType,
    bigEndian: false,
    convert: (piece) => scaled(stored, piece, floatType, scale, zero, mark),
  };
}

const valuesOf = (dtype: Dtype, piece: Uint8Array) => toNumbers({ dtype, bigEndian: true }, piece);

const markOf = (dtype: Dtype, missing: bigint | undefined) =>
  missing === undefined || dtype.endsWith('int64') ? missing : Number(missing);

function scaled(
  stored: StoredType,
  piece: Uint8Array,
  floatType: 'float32' | 'float64',
  scale: number,
  zero: number,
  missing: bigint | undefined,
): Uint8Array {
  const values = valuesOf(stored, piece);
  const Floats = floatType === 'float32' ? Float32Array : Float64Array;
  const numbers = values instanceof BigInt64Array ? Float64Array.from(values, Number) : (values as Float32Array);
  const floats = new Floats(numbers);
  // Step by step, so that each is rounded to the type, as numpy does it.
  const factor = new Floats([scale])[0] as number;
  const summand = new Floats([zero])[0] as number;
  if (scale !== 1) for (let i = 0; i < floats.length; i++) floats[i] = (floats[i] as number) * factor;
  if (zero !== 0) for (let i = 0; i < floats.length; i++) floats[i] = (floats[i] as number) + summand;
  const mark = markOf(stored, missing);
  if (mark !== undefined) {
    for (let i = 0; i < values.length; i++) if (values[i] === mark) floats[i] = Number.NaN;
  }
  return new Uint8Array(floats.buffer);
}
