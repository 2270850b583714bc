import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { type ByteReader, openByteReader } from './byte-reader.ts';

/** Rows are fetched in blocks of about this size, for all columns together. */
const BLOCK_BYTES = 1024 * 1024;
/** Where a row is longer than that: a narrow column then does not fetch much of the wide one beside it. */
const LONG_ROW_BLOCK_BYTES = 64 * 1024;
const KEPT_BYTES = 4 * BLOCK_BYTES;
/** Passing over this much of a running download is cheaper than another GET. */
const SKIP_BYTES = 256 * 1024;
/** Values are given in pieces of about this size. */
export const PIECE_BYTES = 256 * 1024;

/** The rows of a table, in which its columns lie interleaved. */
export interface TableRows {
  rows: number;
  rowBytes: number;
  blockBytes: number;
  /** The block that a byte of the table lies in. */
  blockAt(position: number): Promise<Block>;
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
 * Columns that are read side by side ask for the same rows one after another. The first to ask for a block gets it from
 * one download of the whole table, the others from memory. Who asks for a block elsewhere gets it on its own, and the
 * download moves there when the next ones are asked for too and nobody has used it meanwhile.
 * @param what begins the messages: `datasets/x/3.fits: HDU 1 (GALAXIES)`.
 * @param start where the first row begins in the file; all of the rows are there.
 */
export function openTableRows(
  object: ObjectSource,
  what: string,
  start: number,
  { rows, rowBytes }: Pick<TableRows, 'rows' | 'rowBytes'>,
): TableRows {
  const totalBytes = rows * rowBytes;
  const blockBytes =
    rowBytes > BLOCK_BYTES ? LONG_ROW_BLOCK_BYTES : Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)) * rowBytes;
  const kept = new Map<number, Promise<Block>>();
  let running: ByteReader | undefined;
  /** Where in the table the download stands when all that was asked of it is there. */
  let position = 0;
  /** Where the block ends that was read beside the download since it was last used. */
  let besideEnd: number | undefined;
  let asked: Promise<unknown> = Promise.resolve();
  object.onClose(stop);

  function stop(): void {
    const old = running;
    running = undefined;
    // What was asked of it before is still awaited.
    asked = asked.then(() => old?.close()).catch(() => {});
  }

  async function fetchBytes(from: number, to: number): Promise<Uint8Array | undefined> {
    const follows = from >= position && from - position <= SKIP_BYTES;
    if (running && !follows && from !== besideEnd) {
      besideEnd = to;
      return object.read(start + from, start + to);
    }
    if (!follows) stop();
    besideEnd = undefined;
    const skippedBytes = running ? from - position : 0;
    const reader = running ?? openByteReader(object.stream(start + from, start + totalBytes));
    running = reader;
    position = to;
    const bytes = asked.then(async () => ((await reader.skip(skippedBytes)) ? reader.take(to - from) : undefined));
    asked = bytes.catch(() => {});
    // A second reading of the table begins a download of its own.
    if (to === totalBytes) stop();
    return bytes;
  }

  async function fetchBlock(from: number): Promise<Block> {
    const to = Math.min(from + blockBytes, totalBytes);
    const bytes = await fetchBytes(from, to);
    if (bytes) return { start: from, bytes };
    const why = `its rows end before byte ${start + to}; write or upload the file again`;
    throw new Failure('PartitionTruncated', `${what}: ${why}`);
  }

  async function blockAt(wanted: number): Promise<Block> {
    const from = wanted - (wanted % blockBytes);
    const known = kept.get(from);
    if (known) return known;
    const block = fetchBlock(from);
    kept.set(from, block);
    block.catch(() => {
      kept.delete(from);
      stop();
    });
    const [oldest] = kept.keys();
    if (kept.size * blockBytes > KEPT_BYTES && oldest !== undefined) kept.delete(oldest);
    return block;
  }

  return { rows, rowBytes, blockBytes, blockAt };
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

/** What one block has of a column, or as much as makes a piece. A function, so that a column that waits keeps no block alive. */
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
    const block = await table.blockAt(cursor.row * table.rowBytes + offset + cursor.read);
    filled = gather(block, table.rowBytes, field, cursor, piece, filled);
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
