import type { Failure } from '../failure.ts';
import type { Place } from '../s3/object-source.ts';

/** Element types that occur in data files. Of `text` an element is one byte of UTF-8: rows of TEXT_BYTES, filled up with 0. */
export type Dtype =
  | 'text'
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64';

/** Text serves as id of a sample only; longer ones are refused. */
export const TEXT_BYTES = 128;

export const itemBytes: Record<Dtype, number> = {
  text: 1,
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** One tensor of a data file: row-major, its first dimension counts samples. */
export interface PartitionTensor {
  name: string;
  dtype: Dtype;
  shape: number[];
  bigEndian: boolean;
  /** Why it has the type it has, where that may surprise: `"x" in row 3 is no number`. */
  note?: string;
  /** Where its bytes lie in the file, end exclusive; undefined where they are compressed. */
  range: { start: number; end: number } | undefined;
  /**
   * Its bytes from first to last, as stored (uncompressed), in pieces. A piece is valid until the next one is asked for.
   * @param place as for ObjectSource.stream; not every format can make use of it.
   */
  bytes(place?: Place): AsyncIterable<Uint8Array>;
  /** Its bytes from a row on, where that takes less than reading all before it; undefined where `range` or nothing helps. */
  bytesFrom?(row: number): AsyncIterable<Uint8Array>;
  /** Where the format has checksums: throws unless these, all the bytes of `range`, are what was written. */
  verify?(bytes: Uint8Array): void;
}

/** A data file opened for reading: what it holds is known, the data itself has not been fetched. */
export interface Partition {
  tensors: Map<string, PartitionTensor>;
  /** Tensors that this system cannot read, and why: an error only where one of them is needed. */
  unreadable: Map<string, Failure>;
  /** Whether it is stored row by row: reading columns side by side then takes reading the file once, not once for each. */
  isByRow?: boolean;
  /** Columns of numbers as the text that they are in the file, where a number would not keep it: for ids (`00123`). */
  texts?: Map<string, PartitionTensor>;
}

/** Bytes of a tensor of this type and shape. */
export const tensorBytes = (dtype: Dtype, shape: number[]) => shape.reduce((n, d) => n * d, itemBytes[dtype]);

export const formatShape = (shape: readonly (number | string)[]) => `[${shape.join(', ')}]`;
