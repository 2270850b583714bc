import type { FileHandle } from 'node:fs/promises';
import { type ByteReader, openByteReader } from '../formats/byte-reader.ts';
import { type PartitionTensor, tensorBytes } from '../formats/partition.ts';
import { openWindowFile, writeAt } from './window-file.ts';

/** Bytes of all columns of a window. */
const WINDOW_BYTES = 128_000_000;
const PIECE_BYTES = 512 * 1024;
/** Of all columns that are decoded together: no more than what a table that is stored row by row keeps of its file. */
const STRIDE_BYTES = 2 * 1024 * 1024;

/** A column of a file that can be entered at any row. */
export type EnterableTensor = PartitionTensor & { bytesFrom: NonNullable<PartitionTensor['bytesFrom']> };

/**
 * The rows of a table whose columns are asked for one after another. Of one that is stored column by column, to have all
 * of them open at once takes a page and a dictionary of each, 2 MB times a hundred columns; to enter them again for each
 * few rows takes most of the time. So a window of rows lies decoded in a temporary file, each column from when it is
 * first asked for, one decoded at a time; all of them together where the table is stored row by row.
 */
export interface Spool {
  /**
   * Pieces are aligned, hold whole values, may be written to and are valid until the next one is asked for.
   * @throws where the column ends before that.
   */
  rows(tensor: EnterableTensor, first: number, count: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** @param tensors with as many rows each. @param short what to throw where a column has fewer rows than it says. */
export function openSpool(
  tensors: EnterableTensor[],
  short: (tensor: string, row: number) => Error,
  { windowBytes = WINDOW_BYTES, isByRow = false } = {},
): Spool {
  const rowBytes = (tensor: EnterableTensor) => tensorBytes(tensor.dtype, tensor.shape.slice(1));
  const places = new Map<string, number>();
  let sampleBytes = 0;
  for (const tensor of tensors) {
    places.set(tensor.name, sampleBytes);
    sampleBytes += rowBytes(tensor);
  }
  const total = tensors[0]?.shape[0] ?? 0;
  const windowRows = Math.max(1, Math.floor(windowBytes / sampleBytes));
  const piece = new Uint8Array(PIECE_BYTES);
  let file: FileHandle | undefined;
  let start = 0;
  let there = new Set<string>();

  /** Where a row of the window lies in the file. */
  const placeOf = (tensor: EnterableTensor, row: number) =>
    (places.get(tensor.name) ?? 0) * windowRows + (row - start) * rowBytes(tensor);

  /** All columns for a few rows, then for the next: none gets so far ahead that what it read is read again. */
  async function fill(into: FileHandle, some: EnterableTensor[]): Promise<void> {
    const end = Math.min(start + windowRows, total);
    const strideRows = Math.max(1, Math.floor(STRIDE_BYTES / some.reduce((sum, tensor) => sum + rowBytes(tensor), 0)));
    const columns = some.map((tensor) => ({ tensor, reader: openByteReader(tensor.bytesFrom(start)) }));
    try {
      for (let row = start; row < end; row += strideRows) {
        const to = Math.min(row + strideRows, end);
        const copied = await Promise.allSettled(
          columns.map(async ({ tensor, reader }) => {
            const isThere = await copy(reader, into, placeOf(tensor, row), placeOf(tensor, to));
            if (!isThere) throw short(tensor.name, end);
          }),
        );
        for (const each of copied) if (each.status === 'rejected') throw each.reason;
      }
    } finally {
      for (const { reader } of columns) await reader.close();
    }
    for (const { name } of some) there.add(name);
  }

  return {
    async *rows(tensor, first, count) {
      for (let row = first; row < first + count; ) {
        const rows = Math.min(first + count - row, windowRows);
        if (row < start || row + rows > start + windowRows) {
          start = row;
          there = new Set();
        }
        file ??= await openWindowFile();
        // The others will be asked for the same rows, if the window stays where it is.
        const together = isByRow && count <= windowRows;
        if (!there.has(tensor.name)) await fill(file, together ? tensors : [tensor]);
        let at = placeOf(tensor, row);
        for (let left = rows * rowBytes(tensor); left > 0; ) {
          const { bytesRead } = await file.read(piece, 0, Math.min(left, PIECE_BYTES), at);
          if (bytesRead === 0) throw short(tensor.name, row);
          yield piece.subarray(0, bytesRead);
          at += bytesRead;
          left -= bytesRead;
        }
        row += rows;
      }
    },
    async close() {
      await file?.close();
    },
  };
}

/** @returns whether there was as much. */
async function copy(reader: ByteReader, into: FileHandle, from: number, to: number): Promise<boolean> {
  for (let at = from; at < to; ) {
    const bytes = await reader.view(Math.min(to - at, PIECE_BYTES));
    if (!bytes) return false;
    await writeAt(into, bytes, at);
    at += bytes.length;
  }
  return true;
}
