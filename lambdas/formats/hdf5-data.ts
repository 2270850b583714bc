import type { Place } from '../s3/object-source.ts';
import { openUnnamedFile } from '../temporary-file.ts';
import { ask, type Hdf5Dataset, writeTo } from './hdf5-file.ts';
import { type Dtype, itemBytes, TEXT_BYTES } from './partition.ts';
import { paddedText } from './text-rows.ts';

/**
 * Rows are read in pieces of about this size; more where chunks of the file are larger, up to a limit: each piece takes
 * unpacking the whole of every chunk that it touches.
 */
const PIECE_BYTES = 256 * 1024;
const MOST_PIECE_BYTES = 64 * 1024 * 1024;
/** What is unpacked of data sets that are read side by side would be in memory all at once: more than this waits on disk. */
const MEMORY_BYTES = 2 * 1024 * 1024;
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
  const rowBytes = row.reduce((product, length) => product * length, itemBytes[dtype]);
  if (rowBytes === 0) return;
  const chunkRows = metadata.chunks?.[0] ?? 1;
  const few = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const aligned = Math.ceil(few / chunkRows) * chunkRows;
  const step = Math.max(few, Math.min(aligned, Math.floor(MOST_PIECE_BYTES / rowBytes)));
  const bytes = Math.min(step, Math.max(1, rows)) * rowBytes;
  const buffer = bytes > MEMORY_BYTES ? openStored(dataset, rowBytes, bytes) : openBuffer(dataset, bytes);
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

/** As a buffer, whose rows lie in a file: the library's memory is free for another data set. */
function openStored(dataset: Hdf5Dataset, rowBytes: number, sizeBytes: number) {
  const file = openUnnamedFile('rows');
  return {
    read(start: number, end: number): void {
      const buffer = openBuffer(dataset, sizeBytes);
      try {
        buffer.read(start, end);
        writeTo(file, buffer.bytes(0, (end - start) * rowBytes), 0, dataset.file.object);
      } finally {
        buffer.free();
      }
    },
    copy: (into: Uint8Array, from: number) => void file.read(into, from),
    free: () => file.close(),
  };
}

/** Memory of the library that rows are read into. */
function openBuffer({ file, path, shape, what }: Hdf5Dataset, sizeBytes: number) {
  const { library, id } = file;
  const address = ask(what, () => library._malloc(sizeBytes) || -1);
  const into = BigInt(address);
  const inRow = shape.slice(1);
  const count = (start: number, end: number) => [end - start, ...inRow].map(BigInt);
  const bytes = (from: number, length: number) => library.HEAPU8.subarray(address + from, address + from + length);
  return {
    /** Rows `start` to `end`, end exclusive; of a scalar its value. */
    read(start: number, end: number): void {
      const offset = [BigInt(start), ...inRow.map(() => 0n)];
      const stride = shape.map(() => 1n);
      ask(`${what}: rows ${start} to ${end - 1}`, () =>
        shape.length === 0
          ? library.get_dataset_data(id, path, null, null, null, into)
          : library.get_dataset_data(id, path, count(start, end), offset, stride, into),
      );
    },
    /** A view of what was read, until the library is called again. */
    bytes,
    copy: (into: Uint8Array, from: number): void => into.set(bytes(from, into.length)),
    /** The texts that the addresses of the rows lead to. */
    letGoOfTexts: (start: number, end: number) =>
      library.reclaim_vlen_memory_count(id, path, '', into, count(start, end)),
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
