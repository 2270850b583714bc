import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';

/** Size of the end-of-central-directory record, and the longest comment that may follow it. */
const EOCD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY_BYTES = 46;

export interface ZipEntry {
  name: string;
  /** 0: stored, 8: deflated. */
  method: number;
  encrypted: boolean;
  crc32: number;
  storedBytes: number;
  sizeBytes: number;
  headerStart: number;
}

/**
 * The entries of a zip file, zip64 included.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3
 * @param kind of file, for messages: `npz`.
 */
export async function readZipDirectory(object: ObjectSource, kind: string): Promise<ZipEntry[]> {
  const { key, sizeBytes } = object;
  const tailStart = Math.max(0, sizeBytes - EOCD_BYTES - MAX_COMMENT_BYTES);
  const tail = view(await object.read(tailStart, sizeBytes));
  let at = tail.byteLength - EOCD_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) {
    throw new Failure(
      'PartitionTruncated',
      `${key}: no zip directory at its end (${sizeBytes} bytes): this is no ${kind} file, or it was cut short`,
    );
  }
  let count = tail.getUint16(at + 10, true);
  let bytes = tail.getUint32(at + 12, true);
  let start = tail.getUint32(at + 16, true);
  // zip64: a locator of 20 bytes stands before the record and points at one with 8-byte fields.
  if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
    const recordStart = Number(tail.getBigUint64(at - 12, true));
    if (recordStart + 56 > sizeBytes) throw outside(key);
    const record = view(await object.read(recordStart, recordStart + 56));
    count = Number(record.getBigUint64(32, true));
    bytes = Number(record.getBigUint64(40, true));
    start = Number(record.getBigUint64(48, true));
  }
  if (start + bytes > sizeBytes) throw outside(key);
  const directory =
    start >= tailStart ? slice(tail, start - tailStart, bytes) : view(await object.read(start, start + bytes));
  return readEntries(key, directory, count);
}

const outside = (key: string) =>
  new Failure('PartitionCorrupt', `${key}: the zip directory points past the end of the file`);

function readEntries(key: string, directory: DataView, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      throw new Failure('PartitionCorrupt', `${key}: the zip directory is damaged at entry ${i + 1} of ${count}`);
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const extraBytes = directory.getUint16(at + 30, true);
    const entry: ZipEntry = {
      name: new TextDecoder().decode(bytesOf(slice(directory, at + ENTRY_BYTES, nameBytes))),
      encrypted: (directory.getUint16(at + 8, true) & 1) === 1,
      method: directory.getUint16(at + 10, true),
      crc32: directory.getUint32(at + 16, true),
      storedBytes: directory.getUint32(at + 20, true),
      sizeBytes: directory.getUint32(at + 24, true),
      headerStart: directory.getUint32(at + 42, true),
    };
    widen(entry, slice(directory, at + ENTRY_BYTES + nameBytes, extraBytes));
    entries.push(entry);
    at += ENTRY_BYTES + nameBytes + extraBytes + directory.getUint16(at + 32, true);
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
const slice = (data: DataView, start: number, size: number) => {
  if (start + size > data.byteLength) throw new RangeError(`byte ${start + size} of ${data.byteLength}`);
  return new DataView(data.buffer, data.byteOffset + start, size);
};
const bytesOf = (data: DataView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
