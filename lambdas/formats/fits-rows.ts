import type { ObjectSource, Place } from '../s3/object-source.ts';
import { openSharedBlocks, type SharedBlocks } from './shared-blocks.ts';

/** Rows are fetched in blocks of about this size, for all columns together. */
const BLOCK_BYTES = 1024 * 1024;
/** Where a row is longer than that: a narrow column then does not fetch much of the wide one beside it. */
const LONG_ROW_BLOCK_BYTES = 64 * 1024;
/** Of blocks: readers of narrow columns are ahead of those of wide ones. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Values are given in pieces of about this size. */
export const PIECE_BYTES = 256 * 1024;

/** The rows of a table, in which its columns lie interleaved. */
export interface TableRows {
  rows: number;
  rowBytes: number;
  blockBytes: number;
  blocks: SharedBlocks<Block>;
}

interface Block {
  /** Where it begins in the table. */
  start: number;
  bytes: Uint8Array;
}

/** One column: where in a row it lies. */
export interface Field {
  offset: number;
  width: number;
  /** Bytes of a value, never given in two pieces. A divisor of `width`. */
  valueBytes: number;
  /** Bytes that a value becomes, where those are more. */
  givenBytes: number;
}

/**
 * @param what begins the messages: `datasets/x/3.fits: HDU 1 (GALAXIES)`.
 * @param tableStart where the first row begins in the file; all of the rows are there.
 */
export function openTableRows(
  object: ObjectSource,
  what: string,
  tableStart: number,
  { rows, rowBytes }: Pick<TableRows, 'rows' | 'rowBytes'>,
): TableRows {
  const tableEnd = tableStart + rows * rowBytes;
  const blockBytes =
    rowBytes > BLOCK_BYTES ? LONG_ROW_BLOCK_BYTES : Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)) * rowBytes;
  const blocks = openSharedBlocks<Block>(object, what, {
    range: (index) => ({
      start: tableStart + index * blockBytes,
      end: Math.min(tableStart + (index + 1) * blockBytes, tableEnd),
    }),
    kept: Math.max(1, Math.floor(KEPT_BYTES / blockBytes)),
    end: tableEnd,
    make: (bytes, start) => ({ start: start - tableStart, bytes }),
  });
  return { rows, rowBytes, blockBytes, blocks };
}

/** Where the reading of a column stands. */
interface Cursor {
  row: number;
  /** Bytes of this row's field that are read already. */
  read: number;
}

/**
 * The bytes of a column from a row on, one value after another.
 * @param place as for ObjectSource.stream; without it each piece is in aligned memory of its own.
 */
export async function* fieldPieces(
  table: TableRows,
  field: Field,
  firstRow: number,
  place?: Place,
): AsyncGenerator<Uint8Array> {
  const cursor = { row: firstRow, read: 0 };
  while (cursor.row < table.rows) yield await nextPiece(table, field, cursor, place?.());
}

/** What one block has of a column, or as much as makes a piece. */
async function nextPiece(
  table: TableRows,
  field: Field,
  cursor: Cursor,
  given: Uint8Array | undefined,
): Promise<Uint8Array> {
  const { offset, width, valueBytes, givenBytes } = field;
  const leftBytes = (table.rows - cursor.row) * width - cursor.read;
  const inBlockBytes = (Math.floor(table.blockBytes / table.rowBytes) + 1) * width;
  const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / Math.max(valueBytes, givenBytes))) * valueBytes;
  const fitting = Math.floor((given?.length ?? 0) / valueBytes) * valueBytes;
  const piece =
    given && fitting > 0
      ? given.subarray(0, Math.min(leftBytes, fitting))
      : new Uint8Array(Math.min(leftBytes, inBlockBytes, pieceBytes));
  let filled = 0;
  do {
    const position = cursor.row * table.rowBytes + offset + cursor.read;
    const from = filled;
    filled = await table.blocks.use(Math.floor(position / table.blockBytes), (block) =>
      gather(block, table.rowBytes, field, cursor, piece, from),
    );
    // A value may go on in the next block where a row is longer than one.
  } while (filled % valueBytes !== 0);
  return filled === piece.length ? piece : piece.subarray(0, filled);
}

/** Copies what a block has of a column. @returns how much of the piece is filled. */
function gather(
  { start, bytes }: Block,
  rowBytes: number,
  { offset, width }: Field,
  cursor: Cursor,
  piece: Uint8Array,
  filled: number,
): number {
  let { row, read } = cursor;
  let to = filled;
  while (to < piece.length) {
    const from = row * rowBytes + offset + read - start;
    if (from >= bytes.length) break;
    const count = Math.min(width - read, bytes.length - from, piece.length - to);
    // To call for a few bytes takes longer than to move them.
    if (count <= 16) for (let i = 0; i < count; i++) piece[to + i] = bytes[from + i] as number;
    else piece.set(bytes.subarray(from, from + count), to);
    to += count;
    read += count;
    if (read === width) {
      row++;
      read = 0;
    }
  }
  cursor.row = row;
  cursor.read = read;
  return to;
}
