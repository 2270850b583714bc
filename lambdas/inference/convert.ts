/// <reference lib="es2025.float16" />
import type { InputDtype, ModelInput } from '../../lib/domain/model-package.ts';
import type { InputFit } from './input-fit.ts';
import type { Numbers } from './tensor-data.ts';

/** Rows of a tensor → rows of a model input: cut, in another order, scaled and cast. */
export interface Conversion {
  /** Values of one sample of the input. */
  elements: number;
  newArray(memory: SharedArrayBuffer, length: number): Numbers;
  convert(source: Numbers, target: Numbers): void;
}

/**
 * How values become those of the input. The arithmetic is float64, x * scale + offset; then the cast: floats are rounded
 * to the nearest; integers cut off towards 0 and held within the type's range, NaN is 0; of bool all but 0 is true.
 */
export function planConversion(input: ModelInput, fit: InputFit): Conversion {
  const from = sourcePlaces(fit);
  const elements = from.length;
  const stored = fit.stored.reduce((n, d) => n * d, 1);
  const arithmetic = planArithmetic(input, fit, elements);
  const cast = casts[fit.dtype];
  const ownFloats = fit.dtype === 'float32' || fit.dtype === 'float64';
  return {
    elements,
    newArray: cast.newArray,
    convert(source, target) {
      const isBig = source instanceof BigInt64Array || source instanceof BigUint64Array;
      // Stores by the array's own rounding are worth a loop without a call: images are these.
      if (ownFloats && !isBig) {
        if (arithmetic) scaleFloats(source as Float64Array, target as Float64Array, from, stored, arithmetic);
        else moveFloats(source as Float64Array, target as Float64Array, from, stored);
        return;
      }
      const write = cast.writer(target);
      for (let to = 0, base = 0; to < target.length; to += elements, base += stored) {
        for (let i = 0; i < elements; i++) {
          const value = source[base + (from[i] as number)] as number | bigint;
          if (!arithmetic) write(to + i, value);
          else write(to + i, Number(value) * (arithmetic.scale[i] as number) + (arithmetic.offset[i] as number));
        }
      }
    },
  };
}

function moveFloats(source: Float64Array, target: Float64Array, from: Int32Array, stored: number): void {
  const { length } = from;
  for (let to = 0, base = 0; to < target.length; to += length, base += stored)
    for (let i = 0; i < length; i++) target[to + i] = source[base + (from[i] as number)] as number;
}

function scaleFloats(
  source: Float64Array,
  target: Float64Array,
  from: Int32Array,
  stored: number,
  { scale, offset }: Arithmetic,
): void {
  const { length } = from;
  for (let to = 0, base = 0; to < target.length; to += length, base += stored)
    for (let i = 0; i < length; i++)
      target[to + i] = (source[base + (from[i] as number)] as number) * (scale[i] as number) + (offset[i] as number);
}

/** True where the bytes in the file are those of the model input. */
export const isIdentity = (input: ModelInput, { stored, taken }: InputFit): boolean =>
  !hasArithmetic(input) && taken.every(({ axis, length }, i) => axis === i && length === stored[axis]);

const hasArithmetic = ({ scale, offset, mean, std }: ModelInput) =>
  mean !== undefined ||
  std !== undefined ||
  [scale].flat().some((a) => a !== 1) ||
  [offset].flat().some((b) => b !== 0);

/** For each value of a sample of the input: which one of the stored sample it is. */
function sourcePlaces({ stored, sample, taken }: InputFit): Int32Array {
  const strides = stored.map((_, axis) => stored.slice(axis + 1).reduce((n, d) => n * d, 1));
  const from = new Int32Array(sample.reduce((n, d) => n * d, 1));
  const place = taken.map(() => 0);
  for (let i = 0; i < from.length; i++) {
    from[i] = taken.reduce((sum, { axis, start }, d) => sum + (start + (place[d] ?? 0)) * (strides[axis] ?? 1), 0);
    for (let d = taken.length - 1; d >= 0; d--) {
      place[d] = (place[d] ?? 0) + 1;
      if ((place[d] ?? 0) < (taken[d]?.length ?? 1)) break;
      place[d] = 0;
    }
  }
  return from;
}

interface Arithmetic {
  scale: Float64Array;
  offset: Float64Array;
}

/** Scale and offset of each value of a sample. */
function planArithmetic(input: ModelInput, { taken, channel }: InputFit, elements: number): Arithmetic | undefined {
  if (!hasArithmetic(input)) return undefined;
  const { mean = 0, std = 1 } = input;
  const standardized = input.mean !== undefined || input.std !== undefined;
  const each = taken.slice(channel + 1).reduce((n, { length }) => n * length, 1);
  const channels = taken[channel]?.length ?? 1;
  const at = (list: number | number[], i: number) =>
    typeof list === 'number' ? list : (list[Math.floor(i / each) % channels] ?? 0);
  const scaleOf = (i: number) => (standardized ? 1 / at(std, i) : at(input.scale, i));
  const offsetOf = (i: number) => (standardized ? -at(mean, i) / at(std, i) : at(input.offset, i));
  return {
    scale: Float64Array.from({ length: elements }, (_, i) => scaleOf(i)),
    offset: Float64Array.from({ length: elements }, (_, i) => offsetOf(i)),
  };
}

interface Cast {
  newArray(memory: SharedArrayBuffer, length: number): Numbers;
  writer(target: Numbers): (at: number, value: number | bigint) => void;
}

const floats = (newArray: Cast['newArray']): Cast => ({
  newArray,
  writer: (target) => (at, value) => {
    target[at] = Number(value) as never;
  },
});
const integers = (newArray: Cast['newArray'], least: number, most: number): Cast => ({
  newArray,
  writer: (target) => (at, value) => {
    const number = Number(value);
    target[at] = (number < least ? least : number > most ? most : Math.trunc(number) || 0) as never;
  },
});
const bigIntegers = (newArray: Cast['newArray'], least: bigint, most: bigint): Cast => ({
  newArray,
  writer: (target) => (at, value) => {
    const big = typeof value === 'bigint' ? value : toBigInt(value, least, most);
    target[at] = (big < least ? least : big > most ? most : big) as never;
  },
});

function toBigInt(value: number, least: bigint, most: bigint): bigint {
  if (Number.isFinite(value)) return BigInt(Math.trunc(value));
  return value > 0 ? most : value < 0 ? least : 0n;
}

const casts: Record<InputDtype, Cast> = {
  float32: floats((memory, length) => new Float32Array(memory, 0, length)),
  float64: floats((memory, length) => new Float64Array(memory, 0, length)),
  float16: floats((memory, length) => new Float16Array(memory, 0, length)),
  int8: integers((memory, length) => new Int8Array(memory, 0, length), -(2 ** 7), 2 ** 7 - 1),
  uint8: integers((memory, length) => new Uint8Array(memory, 0, length), 0, 2 ** 8 - 1),
  int16: integers((memory, length) => new Int16Array(memory, 0, length), -(2 ** 15), 2 ** 15 - 1),
  uint16: integers((memory, length) => new Uint16Array(memory, 0, length), 0, 2 ** 16 - 1),
  int32: integers((memory, length) => new Int32Array(memory, 0, length), -(2 ** 31), 2 ** 31 - 1),
  uint32: integers((memory, length) => new Uint32Array(memory, 0, length), 0, 2 ** 32 - 1),
  int64: bigIntegers((memory, length) => new BigInt64Array(memory, 0, length), -(2n ** 63n), 2n ** 63n - 1n),
  uint64: bigIntegers((memory, length) => new BigUint64Array(memory, 0, length), 0n, 2n ** 64n - 1n),
  bool: {
    newArray: (memory, length) => new Uint8Array(memory, 0, length),
    writer: (target) => (at, value) => {
      target[at] = (Number(value) === 0 ? 0 : 1) as never;
    },
  },
};
