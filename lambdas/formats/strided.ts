import type { ObjectSource } from '../s3/object-source.ts';
import { openByteReader } from './byte-reader.ts';
import { type Dtype, itemBytes } from './partition.ts';

/** A tensor as it lies in its storage: element [i, j, …] is number `i * stride[0] + j * stride[1] + …`. */
export interface Layout {
  dtype: Dtype;
  shape: number[];
  stride: number[];
}

/** Rows are read and given in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

/** True where the elements lie one after another in row-major order. The stride of a dimension of 1 means nothing. */
export function isContiguous({ shape, stride }: Layout): boolean {
  let expected = 1;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim] as number;
    if (size !== 1 && stride[dim] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Elements from the first to the last one, both included; 0 where there are none. */
export function extent({ shape, stride }: Pick<Layout, 'shape' | 'stride'>): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((sum, size, dim) => sum + (size - 1) * (stride[dim] as number), 1);
}

/**
 * The bytes of a tensor in row-major order, whatever its strides are. Where its rows follow each other in the file they
 * are read piece by piece; else (a transposed first dimension) all that it covers is in memory.
 * @param start byte of its first element in the file.
 */
export async function* stridedBytes(object: ObjectSource, start: number, layout: Layout): AsyncGenerator<Uint8Array> {
  const size = itemBytes[layout.dtype];
  const [rows = 1, ...rowShape] = layout.shape;
  const [rowStride = 1, ...inRow] = layout.stride;
  const rowExtent = extent({ shape: rowShape, stride: inRow });
  const rowBytes = rowShape.reduce((n, d) => n * d, size);
  const streams = rowStride >= rowExtent;
  const step = Math.max(1, Math.floor(PIECE_BYTES / Math.max(rowBytes, streams ? rowStride * size : 0, 1)));
  const all = streams ? undefined : await object.read(start, start + extent(layout) * size);
  const pieces = streams ? openByteReader(object.stream(start, start + extent(layout) * size)) : undefined;
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    const last = first + count === rows;
    const span = last ? (count - 1) * rowStride + rowExtent : count * rowStride;
    const source = all ?? (await pieces?.take(span * size));
    if (!source) return;
    const target = new Uint8Array(count * rowBytes);
    const piece = { ...layout, shape: [count, ...rowShape], stride: [rowStride, ...inRow] };
    gather(source, all ? first * rowStride : 0, target, piece);
    yield target;
  }
}

/** Fills the target in row-major order from a source in which the first element is number `from`. */
function gather(source: Uint8Array, from: number, target: Uint8Array, { dtype, shape, stride }: Layout): void {
  const size = itemBytes[dtype];
  // Elements of 8 bytes are moved as two halves: as numbers, some bit patterns would change.
  const Words = size === 1 ? Uint8Array : size === 2 ? Uint16Array : Uint32Array;
  const words = Math.max(1, size / 4);
  const input = new Words(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength / Words.BYTES_PER_ELEMENT);
  const output = new Words(
    target.buffer as ArrayBuffer,
    target.byteOffset,
    target.byteLength / Words.BYTES_PER_ELEMENT,
  );
  let at = 0;
  const walk = (dim: number, element: number): void => {
    if (dim === shape.length) {
      for (let word = 0; word < words; word++) output[at++] = input[element * words + word] as number;
      return;
    }
    const count = shape[dim] as number;
    const step = stride[dim] as number;
    if (dim < shape.length - 1 || words > 1) {
      for (let i = 0; i < count; i++) walk(dim + 1, element + i * step);
      return;
    }
    for (let i = 0, place = element; i < count; i++, place += step) output[at++] = input[place] as number;
  };
  walk(0, from);
}
