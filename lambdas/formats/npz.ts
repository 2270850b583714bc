import { Readable } from 'node:stream';
import { constants, createInflateRaw, inflateRawSync } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { ObjectSource } from '../object-source.ts';
import { readNpyHeader, requireLength } from './npy.ts';
import type { Partition, PartitionTensor } from './partition.ts';

/** Size of the end-of-central-directory record, and the longest comment that may follow it. */
const EOCD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCAL_HEADER_BYTES = 30;
/** Compressed bytes in which an array's header surely lies. */
const HEAD_BYTES = 16 * 1024;

interface ZipEntry {
  name: string;
  method: number;
  encrypted: boolean;
  storedBytes: number;
  sizeBytes: number;
  headerStart: number;
}

/**
 * npz: a zip of npy arrays, stored (np.savez) or deflated (np.savez_compressed), zip64 included.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3
 */
export async function openNpz(object: ObjectSource): Promise<Partition> {
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  for (const entry of await readDirectory(object)) {
    if (!entry.name.endsWith('.npy')) continue;
    const name = entry.name.slice(0, -'.npy'.length);
    try {
      partition.tensors.set(name, await openEntry(object, entry, name));
    } catch (error) {
      if (!(error instanceof Failure) || error.name !== 'UnsupportedFormat') throw error;
      partition.unreadable.set(name, error);
    }
  }
  return partition;
}

async function openEntry(object: ObjectSource, entry: ZipEntry, name: string): Promise<PartitionTensor> {
  const { key } = object;
  if (entry.encrypted)
    throw new Failure('UnsupportedFormat', `${key}: tensor ${name} is encrypted; save it without a password`);
  if (entry.method !== 0 && entry.method !== 8) {
    throw new Failure(
      'UnsupportedFormat',
      `${key}: tensor ${name} uses zip method ${entry.method}; only stored and deflated are read`,
    );
  }
  const local = view(await object.read(entry.headerStart, entry.headerStart + LOCAL_HEADER_BYTES));
  if (local.getUint32(0, true) !== 0x04034b50) {
    throw new Failure('PartitionCorrupt', `${key}: tensor ${name}: no zip entry at byte ${entry.headerStart}`);
  }
  const start = entry.headerStart + LOCAL_HEADER_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.storedBytes > object.sizeBytes) {
    const message = `${key}: tensor ${name} ends at byte ${start + entry.storedBytes}, the file at ${object.sizeBytes}`;
    throw new Failure('PartitionTruncated', message);
  }
  if (entry.method === 0) {
    const header = await readNpyHeader(key, name, entry.sizeBytes, (from, to) => object.read(start + from, start + to));
    requireLength(key, name, header, entry.sizeBytes);
    const range = { start: start + header.dataStart, end: start + entry.sizeBytes };
    return { name, ...header, range, bytes: () => object.stream(range.start, range.end) };
  }
  // The header is inflated once to know the array, and skipped when its bytes are read.
  const header = await inflatedHeader(object, entry, name, start);
  requireLength(key, name, header, entry.sizeBytes);
  const bytes = () => skip(inflate(object, entry, name, start), header.dataStart);
  return { name, ...header, range: undefined, bytes };
}

/** The array's header out of the first bytes of its compressed data. */
async function inflatedHeader(object: ObjectSource, entry: ZipEntry, name: string, start: number) {
  const stored = await object.read(start, start + Math.min(entry.storedBytes, HEAD_BYTES));
  const head = inflateHead(object.key, name, stored);
  return readNpyHeader(object.key, name, entry.sizeBytes, async (from, to) => {
    if (to > head.length)
      throw new Failure('PartitionTruncated', `${object.key}: tensor ${name} ends within its header`);
    return head.subarray(from, to);
  });
}

function inflateHead(key: string, name: string, stored: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw damaged(key, name, error);
  }
}

const damaged = (key: string, name: string, error: unknown) =>
  new Failure(
    'PartitionCorrupt',
    `${key}: tensor ${name}: its compressed data is damaged (${(error as Error).message})`,
    {
      cause: error,
    },
  );

async function* inflate(
  object: ObjectSource,
  entry: ZipEntry,
  name: string,
  start: number,
): AsyncGenerator<Uint8Array> {
  const stored = Readable.from(object.stream(start, start + entry.storedBytes));
  const inflater = createInflateRaw({ chunkSize: 256 * 1024 });
  // pipe() does not hand errors on.
  stored.on('error', (error) => inflater.destroy(error));
  try {
    yield* stored.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isZlib ? damaged(object.key, name, error) : error;
  } finally {
    stored.destroy();
    inflater.destroy();
  }
}

async function* skip(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function readDirectory(object: ObjectSource): Promise<ZipEntry[]> {
  const { key, sizeBytes } = object;
  const tailStart = Math.max(0, sizeBytes - EOCD_BYTES - MAX_COMMENT_BYTES);
  const tail = view(await object.read(tailStart, sizeBytes));
  let at = tail.byteLength - EOCD_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) {
    throw new Failure(
      'PartitionTruncated',
      `${key}: no zip directory at its end (${sizeBytes} bytes): not an npz file, or cut short`,
    );
  }
  let count = tail.getUint16(at + 10, true);
  let bytes = tail.getUint32(at + 12, true);
  let start = tail.getUint32(at + 16, true);
  // zip64: a locator of 20 bytes stands before the record and points at one with 8-byte fields.
  if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
    const recordStart = Number(tail.getBigUint64(at - 12, true));
    const record = view(await object.read(recordStart, recordStart + 56));
    count = Number(record.getBigUint64(32, true));
    bytes = Number(record.getBigUint64(40, true));
    start = Number(record.getBigUint64(48, true));
  }
  if (start + bytes > sizeBytes)
    throw new Failure('PartitionCorrupt', `${key}: the zip directory points past the end of the file`);
  const directory =
    start >= tailStart ? slice(tail, start - tailStart, bytes) : view(await object.read(start, start + bytes));
  return readEntries(key, directory, count);
}

function readEntries(key: string, directory: DataView, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      throw new Failure('PartitionCorrupt', `${key}: the zip directory is damaged at entry ${i + 1} of ${count}`);
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const extraBytes = directory.getUint16(at + 30, true);
    const entry: ZipEntry = {
      name: new TextDecoder().decode(bytesOf(slice(directory, at + 46, nameBytes))),
      encrypted: (directory.getUint16(at + 8, true) & 1) === 1,
      method: directory.getUint16(at + 10, true),
      storedBytes: directory.getUint32(at + 20, true),
      sizeBytes: directory.getUint32(at + 24, true),
      headerStart: directory.getUint32(at + 42, true),
    };
    widen(entry, slice(directory, at + 46 + nameBytes, extraBytes));
    entries.push(entry);
    at += 46 + nameBytes + extraBytes + directory.getUint16(at + 32, true);
  }
  return entries;
}

/** Fields that do not fit 4 bytes are all ones there and follow, in this order, in the zip64 extra field. */
function widen(entry: ZipEntry, extra: DataView): void {
  let at = 0;
  while (at + 4 <= extra.byteLength) {
    const size = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      let field = at + 4;
      for (const name of ['sizeBytes', 'storedBytes', 'headerStart'] as const) {
        if (entry[name] !== 0xffffffff) continue;
        entry[name] = Number(extra.getBigUint64(field, true));
        field += 8;
      }
    }
    at += 4 + size;
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const slice = (data: DataView, start: number, size: number) => new DataView(data.buffer, data.byteOffset + start, size);
const bytesOf = (data: DataView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
