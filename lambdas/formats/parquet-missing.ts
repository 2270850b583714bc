import { Failure } from '../failure.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { exactFloat, roundedByMissing } from './exact-float.ts';
import type { ParquetColumn } from './parquet-column.ts';
import { itemBytes } from './partition.ts';

/** Puts values at their places, NaN (of text nothing) at the others. */
export function spread(
  values: Uint8Array,
  definition: Uint8Array,
  { storedBytes, maxDefinition }: ParquetColumn,
): Uint8Array {
  const nan = { 2: [0, 0x7e], 4: [0, 0, 0xc0, 0x7f], 8: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f] }[storedBytes] ?? [];
  const all = new Uint8Array(definition.length * storedBytes);
  let from = 0;
  for (let i = 0; i < definition.length; i++) {
    const isThere = definition[i] === maxDefinition;
    all.set(isThere ? values.subarray(from, from + storedBytes) : nan, i * storedBytes);
    if (isThere) from += storedBytes;
  }
  return all;
}

/**
 * Integers and booleans as float64 at their places, NaN at the others.
 * @param definition undefined where none is missing.
 * @param row names the row of a value.
 */
export function spreadFloats(
  values: Uint8Array,
  definition: Uint8Array | undefined,
  { storedDtype: dtype, maxDefinition }: ParquetColumn,
  row: (value: number) => string,
): Uint8Array {
  const aligned = values.byteOffset % itemBytes[dtype] === 0 ? values : new Uint8Array(values);
  const numbers = toNumbers({ dtype, bigEndian: false }, aligned);
  const floats = new Float64Array(definition?.length ?? numbers.length).fill(Number.NaN);
  let from = 0;
  for (let i = 0; i < floats.length; i++) {
    if (definition && definition[i] !== maxDefinition) continue;
    const value = numbers[from++] as number | bigint;
    const float = exactFloat(value);
    if (float === undefined) {
      const remedy = 'fill them (fillna), or write it as text if it is an id';
      throw new Failure('UnsupportedFormat', `${roundedByMissing(row(i), value)}; ${remedy}`);
    }
    floats[i] = float;
  }
  return new Uint8Array(floats.buffer);
}
