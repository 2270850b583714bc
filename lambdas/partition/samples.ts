import { type Dtype, tensorBytes } from '../formats/partition.ts';

/** A tensor that all files have; `shape` is that of one sample. */
export interface SampleTensor {
  name: string;
  dtype: Dtype;
  shape: number[];
}

/** The samples of one file or of several, one after another. */
export interface Samples {
  count: number;
  tensors: SampleTensor[];
  /**
   * Rows of a tensor, row-major and little-endian. A chunk is valid until the next one is asked for. Cheap where rows are
   * asked for in rising order.
   */
  rows(tensor: SampleTensor, first: number, count: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes of one sample of a tensor. */
export const rowBytes = ({ dtype, shape }: SampleTensor) => tensorBytes(dtype, shape);
