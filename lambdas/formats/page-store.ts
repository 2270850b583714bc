import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openUnnamedFile, type UnnamedFile } from '../temporary-file.ts';

/**
 * Of so many columns the pages are in memory: one has 1 MB as a rule, and so may its dictionary; compressed it is there, too.
 * In a file they take no more time (16 columns, 770 MB: 197 MB of memory in 17 s, by the file 151 MB in 17 s).
 */
const COLUMNS_IN_MEMORY = 4;
/** Of many columns, shorter pages stay in memory; longer ones are read back in such pieces. */
const PIECE_BYTES = 4 * 1024;
/** Each column has a piece of its own to receive into. */
const RECEIVED_BYTES = 128 * 1024;
/** With 16 kB for this and for a piece, 102 columns take 7 MB more and 3 % less time. */
const RECEIVED_OF_MANY_BYTES = 8 * 1024;

/**
 * Where the decoded pages of a file lie while rows are taken from them. Columns that are read side by side have a page
 * each: those of many columns lie in a temporary file, and only one page at a time is decoded.
 */
export interface PageStore {
  /** For a column, until it is closed. */
  openColumn(): ColumnPages;
}

export interface ColumnPages {
  page: Slot;
  dictionary: Slot;
  /** What the file is received into piece by piece, at most `mostBytes`: the same memory for all chunks of the column. */
  received(mostBytes: number): Uint8Array;
  /** Decodes a page, alone where there are many columns. What lies in the memory that it is given has to be kept by then. */
  decoding<T>(work: (memory: PageMemory) => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Memory for decoding a page, not cleared. Where there are many columns it is used again for the next page: as garbage,
 * all their pages would be more than all else.
 */
export type PageMemory = (use: string, bytes: number) => Uint8Array<ArrayBuffer>;

export const newMemory: PageMemory = (_, bytes) => new Uint8Array(bytes);

/** Bytes that are kept until others are, or until they are taken. */
export interface Slot {
  keep(bytes: Uint8Array): void;
  /** Undefined where there are none. */
  bytes(memory: PageMemory): Uint8Array | undefined;
  /** Each valid until the next one is asked for. */
  take(): Generator<Uint8Array>;
  drop(): void;
}

/** @throws UnsupportedFormat where the temporary storage is too small. */
export function openPageStore(object: Pick<ObjectSource, 'key' | 'onClose'>): PageStore {
  let columns = 0;
  let file: UnnamedFile | undefined;
  let fileEnd = 0;
  let turn: Promise<unknown> = Promise.resolve();
  object.onClose(() => file?.close());
  const isWide = () => columns > COLUMNS_IN_MEMORY;

  const shared = new Map<string, Uint8Array<ArrayBuffer>>();
  const sharedMemory: PageMemory = (use, bytes) => {
    const known = shared.get(use);
    if (known && known.length >= bytes) return known.subarray(0, bytes);
    const memory = new Uint8Array(bytes);
    shared.set(use, memory);
    return memory;
  };

  function openSlot(): Slot {
    let held: Uint8Array | undefined;
    let place = { start: 0, size: 0 };
    let storedBytes = 0;
    let piece = new Uint8Array();

    function store(bytes: Uint8Array): void {
      file ??= openUnnamedFile('pages');
      if (bytes.length > place.size) {
        place = { start: fileEnd, size: bytes.length };
        fileEnd += bytes.length;
      }
      try {
        file.write(bytes, place.start);
      } catch (error) {
        const why = `the decoded pages of ${columns} columns do not fit into the temporary storage (${(error as Error).message})`;
        throw new Failure('UnsupportedFormat', `${object.key}: ${why}; write the file with smaller row groups`);
      }
      storedBytes = bytes.length;
    }

    const load = (into: Uint8Array, from: number) => (file as UnnamedFile).read(into, place.start + from);

    function drop(): void {
      held = undefined;
      storedBytes = 0;
    }

    return {
      keep(bytes) {
        drop();
        if (!isWide()) held = bytes;
        else if (bytes.length > PIECE_BYTES) store(bytes);
        else held = bytes.slice();
      },
      bytes: (memory) => (storedBytes > 0 ? load(memory('stored', storedBytes), 0) : held),
      *take() {
        const [whole, stored] = [held, storedBytes];
        // Who takes it may keep it while the next one is decoded: no longer than that.
        drop();
        if (whole) yield whole;
        if (piece.length < Math.min(PIECE_BYTES, stored)) piece = new Uint8Array(Math.min(PIECE_BYTES, stored));
        for (let from = 0; from < stored; from += PIECE_BYTES)
          yield load(piece.subarray(0, Math.min(PIECE_BYTES, stored - from)), from);
      },
      drop,
    };
  }

  return {
    openColumn() {
      columns++;
      let received = new Uint8Array();
      return {
        page: openSlot(),
        dictionary: openSlot(),
        received(mostBytes) {
          const bytes = Math.min(isWide() ? RECEIVED_OF_MANY_BYTES : RECEIVED_BYTES, mostBytes);
          if (received.length < bytes) received = new Uint8Array(bytes);
          return received.subarray(0, bytes);
        },
        decoding(work) {
          if (!isWide()) return work(newMemory);
          const done = turn.then(() => work(sharedMemory));
          turn = done.catch(() => {});
          return done;
        },
        close() {
          columns--;
        },
      };
    },
  };
}
