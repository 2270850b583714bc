import { Readable } from 'node:stream';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import type { ZipEntry } from './zip-directory.ts';

const LOCAL_HEADER_BYTES = 30;

/** An entry whose bytes can be read. */
export interface ZipData {
  entry: ZipEntry;
  /** First byte of its data in the file. */
  start: number;
  /** What it is, as messages begin: key and tensor. */
  what: string;
}

/**
 * Finds the data of an entry.
 * @param what begins the messages, e.g. `datasets/x/3.npz: tensor image`.
 */
export async function locate(object: ObjectSource, entry: ZipEntry, what: string): Promise<ZipData> {
  if (entry.encrypted) throw new Failure('UnsupportedFormat', `${what} is encrypted; save it without a password`);
  if (entry.method !== 0 && entry.method !== 8) {
    const message = `${what} uses zip method ${entry.method}; only stored and deflated are read`;
    throw new Failure('UnsupportedFormat', message);
  }
  const ends = (at: number) =>
    new Failure('PartitionTruncated', `${what} ends at byte ${at}, the file at ${object.sizeBytes}`);
  const headerEnd = entry.headerStart + LOCAL_HEADER_BYTES;
  if (headerEnd > object.sizeBytes) throw ends(headerEnd);
  const bytes = await object.read(entry.headerStart, headerEnd);
  const local = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (local.getUint32(0, true) !== 0x04034b50) {
    throw new Failure('PartitionCorrupt', `${what}: no zip entry at byte ${entry.headerStart}`);
  }
  const start = headerEnd + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.storedBytes > object.sizeBytes) throw ends(start + entry.storedBytes);
  if (entry.method === 0 && entry.storedBytes !== entry.sizeBytes) {
    const message = `${what}: the zip directory gives ${entry.storedBytes} stored bytes for ${entry.sizeBytes}`;
    throw new Failure('PartitionCorrupt', message);
  }
  return { entry, start, what };
}

/**
 * All bytes of an entry, uncompressed. The last ones are given only when the checksum of all is right.
 * @param place where they are received, unless they were compressed.
 */
export function entryBytes(object: ObjectSource, data: ZipData, place?: Place): AsyncIterable<Uint8Array> {
  const end = data.start + data.entry.storedBytes;
  return data.entry.method === 0
    ? verified(data, object.stream(data.start, end, place))
    : verified(data, inflate(data.what, object.stream(data.start, end)));
}

/** The first bytes of a deflated entry, at least `count` where it has so many, out of its first stored bytes. */
export async function inflatedHead({ what }: ZipData, stored: Uint8Array, count: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of inflate(what, [stored], constants.Z_SYNC_FLUSH)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= count) break;
  }
  return Buffer.concat(pieces);
}

/**
 * Hands chunks on, but the last only when the CRC-32 is right.
 * @param seed CRC-32 of the entry's bytes before these, `from` in number.
 */
export async function* verified(
  { entry, what }: ZipData,
  chunks: AsyncIterable<Uint8Array>,
  seed = 0,
  from = 0,
): AsyncGenerator<Uint8Array> {
  let crc = seed;
  let seen = from;
  for await (const chunk of chunks) {
    crc = crc32(chunk, crc);
    seen += chunk.length;
    if (seen > entry.sizeBytes) {
      throw new Failure('PartitionCorrupt', `${what}: more than the ${entry.sizeBytes} bytes of the zip directory`);
    }
    if (seen === entry.sizeBytes) requireChecksum(entry, what, crc);
    yield chunk;
  }
  if (seen < entry.sizeBytes) {
    throw new Failure('PartitionTruncated', `${what}: ${seen} of its ${entry.sizeBytes} bytes are there`);
  }
}

/** A checksum of 0 is none: torch writes that where told not to compute them. */
export function requireChecksum(entry: ZipEntry, what: string, crc: number): void {
  if (entry.crc32 === 0 || entry.crc32 === crc) return;
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  const why = `its checksum is ${hex(crc)}, written was ${hex(entry.crc32)}`;
  throw new Failure('PartitionCorrupt', `${what}: its data is damaged (${why}); write or upload it again`);
}

async function* inflate(
  what: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  finishFlush = constants.Z_FINISH,
): AsyncGenerator<Uint8Array> {
  const stored = Readable.from(chunks);
  const inflater = createInflateRaw({ chunkSize: 256 * 1024, finishFlush });
  // pipe() does not hand errors on.
  stored.on('error', (error) => inflater.destroy(error));
  try {
    yield* stored.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    if (!isZlib) throw error;
    const message = `${what}: its compressed data is damaged (${error.message})`;
    throw new Failure('PartitionCorrupt', message, { cause: error });
  } finally {
    stored.destroy();
    inflater.destroy();
  }
}
