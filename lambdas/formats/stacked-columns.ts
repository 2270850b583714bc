import { toNumbers } from '../inference/tensor-data.ts';
import { openByteReader } from './byte-reader.ts';
import { itemBytes, type PartitionTensor } from './partition.ts';

/** Rows that are put together at a time, at most. */
const ROWS = 4_096;

/**
 * Columns of numbers side by side: k tensors [n] as one tensor [n, k], in the order given. Where their types differ it is
 * float64.
 */
export function stackColumns(name: string, columns: PartitionTensor[]): PartitionTensor {
  const [first, ...others] = columns as [PartitionTensor, ...PartitionTensor[]];
  const rows = first.shape[0] ?? 0;
  const isSame = others.every(({ dtype, bigEndian }) => dtype === first.dtype && bigEndian === first.bigEndian);
  const dtype = isSame ? first.dtype : 'float64';
  const bytes = () => stackedBytes(columns, rows, itemBytes[dtype], isSame ? copy : toFloat64);
  return { name, dtype, shape: [rows, columns.length], bigEndian: isSame && first.bigEndian, range: undefined, bytes };
}

/** Writes the values of a column into every `width`-th place of a block, beginning with place `at`. */
type Place = (column: PartitionTensor, values: Uint8Array, block: ArrayBuffer, at: number, width: number) => void;

async function* stackedBytes(columns: PartitionTensor[], rows: number, size: number, place: Place) {
  const readers = columns.map((column) => openByteReader(column.bytes()));
  const most = Math.min(ROWS, rows);
  const block = new ArrayBuffer(most * columns.length * size);
  const sizes = columns.map(({ dtype }) => itemBytes[dtype]);
  const parts = sizes.map((bytes) => new Uint8Array(most * bytes));
  try {
    for (let row = 0, count = 0; row < rows; row += count) {
      // What the columns have at hand: more would put them ahead of those that are read alone, beyond what is kept for both.
      const ready = await Promise.all(readers.map((reader) => reader.ready()));
      const together = Math.min(...sizes.map((bytes, i) => Math.floor((ready[i] as number) / bytes)));
      count = Math.min(most, rows - row, Math.max(1, together));
      const values = parts.map((part, i) => part.subarray(0, count * (sizes[i] as number)));
      const areThere = await Promise.all(readers.map(({ takeInto }, i) => takeInto(values[i] as Uint8Array)));
      // A column that ends early ends the whole: who reads says where.
      if (areThere.includes(false)) return;
      for (const [i, column] of columns.entries()) place(column, values[i] as Uint8Array, block, i, columns.length);
      yield new Uint8Array(block, 0, count * columns.length * size);
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

/** Copies values as they are. */
const copy: Place = ({ dtype }, values, block, at, width) => {
  const size = itemBytes[dtype];
  // Values of 8 bytes are moved as two halves: as numbers, some bit patterns would change.
  const Words = size === 1 ? Uint8Array : size === 2 ? Uint16Array : Uint32Array;
  const words = Math.max(1, size / 4);
  const from = new Words(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength / Words.BYTES_PER_ELEMENT);
  const to = new Words(block);
  for (let i = 0, target = at * words; i < from.length; i += words, target += width * words) {
    for (let word = 0; word < words; word++) to[target + word] = from[i + word] as number;
  }
};

const toFloat64: Place = (column, values, block, at, width) => {
  const from = toNumbers(column, values);
  const to = new Float64Array(block);
  for (let i = 0, target = at; i < from.length; i++, target += width) to[target] = Number(from[i]);
};
