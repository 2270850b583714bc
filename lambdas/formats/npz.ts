import { crc32 } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { type NpyHeader, npyTensor, readNpyHeader, requireLength } from './npy.ts';
import { formatShape, type Partition, type PartitionTensor } from './partition.ts';
import { entryBytes, inflatedHead, locate, requireChecksum, verified, type ZipData } from './zip.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** Compressed bytes in which an array's header surely lies. */
const HEAD_BYTES = 16 * 1024;

/** npz: a zip of npy arrays, stored (np.savez) or deflated (np.savez_compressed), zip64 included. */
export async function openNpz(object: ObjectSource): Promise<Partition> {
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  for (const entry of await readZipDirectory(object, 'npz')) {
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
  const data = await locate(object, entry, `${key}: tensor ${name}`);
  if (entry.method === 8) {
    const header = await inflatedHeader(object, data, name);
    requireWhole(key, name, header, entry);
    // The header is inflated once to know the array, and skipped when its bytes are read.
    const bytes = () => skip(entryBytes(object, data), header.dataStart);
    return npyTensor(key, name, header, { range: undefined, bytes });
  }
  const read = (from: number, to: number) => object.read(data.start + from, data.start + to);
  const header = await readNpyHeader(key, name, entry.sizeBytes, read);
  requireWhole(key, name, header, entry);
  return storedTensor(object, data, name, header, crc32(await read(0, header.dataStart)));
}

/** The entry holds the array and nothing else: its checksum is known where the array ends. */
function requireWhole(key: string, name: string, header: NpyHeader, { sizeBytes }: ZipEntry): void {
  requireLength(key, name, header, sizeBytes);
  const needed = header.dataStart + header.dataBytes;
  if (sizeBytes === needed) return;
  const what = `${header.dtype} ${formatShape(header.shape)} is ${needed} bytes, the zip directory gives ${sizeBytes}`;
  throw new Failure('PartitionCorrupt', `${key}: tensor ${name}: ${what}`);
}

function storedTensor(
  object: ObjectSource,
  data: ZipData,
  name: string,
  header: NpyHeader,
  headerCrc: number,
): PartitionTensor {
  const { entry, start, what } = data;
  const range = { start: start + header.dataStart, end: start + entry.sizeBytes };
  return npyTensor(object.key, name, header, {
    range,
    bytes: (place) => verified(data, object.stream(range.start, range.end, place), headerCrc, header.dataStart),
    verify: (bytes) => requireChecksum(entry, what, crc32(bytes, headerCrc)),
  });
}

/** The array's header out of the first bytes of its compressed data. */
async function inflatedHeader(object: ObjectSource, data: ZipData, name: string): Promise<NpyHeader> {
  const { entry, start, what } = data;
  const stored = await object.read(start, start + Math.min(entry.storedBytes, HEAD_BYTES));
  return readNpyHeader(object.key, name, entry.sizeBytes, async (from, to) => {
    const head = await inflatedHead(data, stored, to);
    if (to > head.length) throw new Failure('PartitionTruncated', `${what} ends within its header`);
    return head.subarray(from, to);
  });
}

async function* skip(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
