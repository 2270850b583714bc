import type { Place } from '../s3/object-source.ts';
import { openUnnamedFile } from '../temporary-file.ts';
import { type Box, boxesOf, numbersIn, putIntoRows, type Runs, runsOf } from './hdf5-boxes.ts';
import { ask, type Hdf5Dataset, writeTo } from './hdf5-file.ts';
import { type Dtype, itemBytes, TEXT_BYTES } from './partition.ts';
import { paddedText } from './text-rows.ts';

/**
 * Rows are read in pieces of about this size; more where chunks of the file are larger, up to a limit: each piece takes
 * unpacking the whole of every chunk that it touches.
 */
const PIECE_BYTES = 256 * 1024;
const MOST_PIECE_BYTES = 64 * 1024 * 1024;
/** More than this is unpacked part by part, and waits on disk: of data sets that are read side by side it would be all at once. */
const MEMORY_BYTES = 1 * 1024 * 1024;
const TEXT_ROWS = 4_096;
/** Strings that are filled up with spaces: H5T_STR_SPACEPAD. */
const SPACE_PADDED = 2;

/**
 * The rows of a data set of numbers from `from` on, little-endian.
 * @param place as for ObjectSource.stream.
 */
export async function* datasetRows(
  dataset: Hdf5Dataset,
  dtype: Dtype,
  from: number,
  place?: Place,
): AsyncGenerator<Uint8Array> {
  const { metadata, shape } = dataset;
  const [rows = 1, ...row] = shape;
  const rowBytes = numbersIn(row) * itemBytes[dtype];
  if (rowBytes === 0) return;
  const chunkRows = metadata.chunks?.[0] ?? 1;
  const few = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const aligned = Math.ceil(few / chunkRows) * chunkRows;
  const step = Math.max(few, Math.min(aligned, Math.floor(MOST_PIECE_BYTES / rowBytes)));
  const stepRows = Math.min(step, Math.max(1, rows));
  const bytes = stepRows * rowBytes;
  const buffer =
    bytes > MEMORY_BYTES ? openStored(dataset, itemBytes[dtype], stepRows, few) : openBuffer(dataset, bytes);
  const piece = new Uint8Array(place ? 0 : PIECE_BYTES);
  try {
    for (let start = from; start < rows; ) {
      // Pieces end where chunks do.
      const end = Math.min(rows, start - (start % step) + step);
      buffer.read(start, end);
      for (let done = 0, left = (end - start) * rowBytes; left > 0; ) {
        const given = (place?.() ?? piece).subarray(0, left);
        buffer.copy(given, done);
        yield given;
        done += given.length;
        left -= given.length;
      }
      start = end;
    }
  } finally {
    buffer.free();
  }
}

/** The strings of a data set [n], as rows of text. */
export async function* datasetTexts(dataset: Hdf5Dataset): AsyncGenerator<Uint8Array> {
  const { metadata, shape, what } = dataset;
  const { size, vlen, strpad } = metadata;
  const [rows = 0] = shape;
  const buffer = openBuffer(dataset, TEXT_ROWS * size);
  try {
    for (let start = 0; start < rows; start += TEXT_ROWS) {
      const end = Math.min(rows, start + TEXT_ROWS);
      buffer.read(start, end);
      const bytes = buffer.bytes(0, (end - start) * size);
      const texts = vlen ? pointedTexts(dataset, bytes) : fixedTexts(bytes, size, strpad === SPACE_PADDED);
      const block = new Uint8Array((end - start) * TEXT_BYTES);
      for (const [i, text] of texts.entries()) block.set(paddedText(what, start + i, text), i * TEXT_BYTES);
      if (vlen) buffer.letGoOfTexts(start, end);
      yield block;
    }
  } finally {
    buffer.free();
  }
}

/**
 * As a buffer, whose rows lie in a file. A chunk may be a small part of many rows (as h5py chooses it by itself for images of
 * 1 GB: 3,045 of them, 2 x 4 pixels of one channel): they are unpacked box by box, and put together a few at a time.
 * @param most rows that are read at once.
 * @param few rows that are put together at a time.
 */
function openStored(dataset: Hdf5Dataset, itemBytes: number, most: number, few: number) {
  const { metadata, shape, file } = dataset;
  const row = shape.slice(1);
  const rowLength = numbersIn(row);
  const rowBytes = rowLength * itemBytes;
  /** Most boxes are of one size. */
  const runsBySize = new Map<string, Runs>();
  let sizeBytes = 0;
  const parts = boxesOf(row, metadata.chunks?.slice(1) ?? [], MEMORY_BYTES / most / itemBytes).map((box) => {
    const size = String(box.count);
    const runs = runsBySize.get(size) ?? runsOf(box.count, row);
    runsBySize.set(size, runs);
    const begin = box.start.reduce((at, place, axis) => at + place * numbersIn(row.slice(axis + 1)), 0);
    const bytes = numbersIn(box.count) * itemBytes;
    const at = sizeBytes;
    sizeBytes += most * bytes;
    return { box, runs, begin, bytes, at };
  });
  const largestBytes = Math.max(...parts.map(({ bytes }) => bytes));
  const stored = openUnnamedFile('rows');
  const piece = Buffer.alloc(few * largestBytes);
  const together = Buffer.alloc(few * rowBytes);
  /** The rows that are put together: so many from the first. */
  let [first, count, readable] = [0, 0, 0];

  function putTogether(start: number): void {
    first = start;
    count = Math.min(few, readable - first);
    const rows = together.subarray(0, count * rowBytes);
    for (const { runs, begin, bytes, at } of parts) {
      stored.read(piece.subarray(0, count * bytes), at + first * bytes);
      putIntoRows(piece, runs, begin, rows, rowLength, itemBytes);
    }
  }

  return {
    read(start: number, end: number): void {
      const buffer = openBuffer(dataset, most * largestBytes);
      try {
        for (const { box, bytes, at } of parts) {
          buffer.read(start, end, box);
          writeTo(stored, buffer.bytes(0, (end - start) * bytes), at, file.object);
        }
      } finally {
        buffer.free();
      }
      [count, readable] = [0, end - start];
    },
    copy(into: Uint8Array, from: number): void {
      for (let done = 0; done < into.length; ) {
        const wanted = Math.floor((from + done) / rowBytes);
        if (wanted < first || wanted >= first + count) putTogether(wanted);
        const at = from + done - first * rowBytes;
        const given = together.subarray(at, Math.min(count * rowBytes, at + into.length - done));
        into.set(given, done);
        done += given.length;
      }
    },
    free: () => stored.close(),
  };
}

/** Memory of the library that rows are read into. */
function openBuffer({ file, path, metadata, shape, what }: Hdf5Dataset, sizeBytes: number) {
  const { library } = file;
  const address = ask(what, () => library._malloc(sizeBytes) || -1);
  const into = BigInt(address);
  const whole: Box = { start: shape.slice(1).map(() => 0), count: shape.slice(1) };
  const inChunk = metadata.chunks && numbersIn(metadata.chunks);
  const count = (start: number, end: number, box = whole) => [end - start, ...box.count].map(BigInt);
  const bytes = (from: number, length: number) => library.HEAPU8.subarray(address + from, address + from + length);
  return {
    /** Of rows `start` to `end`, end exclusive, what lies in the box; of a scalar its value. */
    read(start: number, end: number, box = whole): void {
      if (inChunk) file.expectChunks(((end - start) * numbersIn(box.count)) / inChunk);
      const offset = [start, ...box.start].map(BigInt);
      const stride = shape.map(() => 1n);
      ask(`${what}: rows ${start} to ${end - 1}`, () =>
        shape.length === 0
          ? library.get_dataset_data(file.id, path, null, null, null, into)
          : library.get_dataset_data(file.id, path, count(start, end, box), offset, stride, into),
      );
    },
    /** A view of what was read, until the library is called again. */
    bytes,
    copy: (into: Uint8Array, from: number): void => into.set(bytes(from, into.length)),
    /** The texts that the addresses of the rows lead to. */
    letGoOfTexts: (start: number, end: number) =>
      library.reclaim_vlen_memory_count(file.id, path, '', into, count(start, end)),
    free: () => library._free(address),
  };
}

/** Strings of one length, which end at the first 0. */
function fixedTexts(bytes: Uint8Array, size: number, spacePadded: boolean): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const text = bytes.subarray(i * size, (i + 1) * size);
    const nul = text.indexOf(0);
    let length = nul < 0 ? size : nul;
    while (spacePadded && text[length - 1] === 0x20) length -= 1;
    return text.subarray(0, length);
  });
}

/** Strings of any length: an address each; 0 for none. */
function pointedTexts({ file }: Hdf5Dataset, bytes: Uint8Array): Uint8Array[] {
  const { HEAPU8: memory } = file.library;
  const addresses = new Uint32Array(bytes.slice().buffer);
  return Array.from(addresses, (address) =>
    address === 0 ? new Uint8Array() : memory.subarray(address, memory.indexOf(0, address)),
  );
}
