import { crc32 } from 'node:zlib';
import { npyBytes, npyHeader } from './npy-output.ts';
import { type OpenOutput, type Sink, unfit, writeTensors } from './output.ts';
import type { Samples, SampleTensor } from './samples.ts';

const LOCAL_HEADER_BYTES = 30;
const DESCRIPTOR_BYTES = 16;
const DIRECTORY_ENTRY_BYTES = 46;
const END_BYTES = 22;
/** Beyond, a zip needs fields of 8 bytes. */
const MOST_BYTES = 0xffff_ffff;
/** 1 January 1980, the first day of a zip, as numpy writes it: the same data gives the same file. */
const DOS_DATE = 0x21;
/** Sizes and checksum follow the data; names are UTF-8. */
const FLAGS = 0x0808;
const VERSION = 20;

/** npz, stored: the checksum of an entry is known when it has been written, so it follows the data. */
export const npzOutput: OpenOutput = (samples) => {
  const entries = samples.tensors.map((tensor) => ({ tensor, name: Buffer.from(`${tensor.name}.npy`) }));
  const fileBytes = (count: number) =>
    entries.reduce(
      (sum, { tensor, name }) =>
        sum + LOCAL_HEADER_BYTES + DESCRIPTOR_BYTES + DIRECTORY_ENTRY_BYTES + 2 * name.length + npyBytes(tensor, count),
      END_BYTES,
    );
  return {
    extension: 'npz',
    fileBytes,
    async write(sink, first, count) {
      if (fileBytes(count) > MOST_BYTES)
        throw unfit(entries[0]?.tensor.name ?? '', `a partition of ${fileBytes(count)} bytes`, 'an npz has up to 4 GB');
      const directory: Buffer[] = [];
      let at = 0;
      for (const { tensor, name } of entries) {
        const written = await writeEntry(samples, tensor, name, first, count, sink);
        directory.push(directoryEntry(name, written, at));
        at += LOCAL_HEADER_BYTES + name.length + written.sizeBytes + DESCRIPTOR_BYTES;
      }
      const all = Buffer.concat(directory);
      await sink(all);
      await sink(endRecord(entries.length, all.length, at));
    },
  };
};

interface Written {
  crc: number;
  sizeBytes: number;
}

async function writeEntry(
  samples: Samples,
  tensor: SampleTensor,
  name: Buffer,
  first: number,
  count: number,
  sink: Sink,
): Promise<Written> {
  const local = Buffer.alloc(LOCAL_HEADER_BYTES);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(VERSION, 4);
  local.writeUInt16LE(FLAGS, 6);
  local.writeUInt16LE(DOS_DATE, 12);
  local.writeUInt16LE(name.length, 26);
  await sink(Buffer.concat([local, name]));
  const header = npyHeader(tensor, count);
  let crc = crc32(header);
  let sizeBytes = header.length;
  await sink(header);
  await writeTensors(samples, [tensor], first, count, async (piece) => {
    crc = crc32(piece, crc);
    sizeBytes += piece.length;
    await sink(piece);
  });
  const descriptor = Buffer.alloc(DESCRIPTOR_BYTES);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(sizeBytes, 8);
  descriptor.writeUInt32LE(sizeBytes, 12);
  await sink(descriptor);
  return { crc, sizeBytes };
}

function directoryEntry(name: Buffer, { crc, sizeBytes }: Written, start: number): Buffer {
  const entry = Buffer.alloc(DIRECTORY_ENTRY_BYTES);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(VERSION, 4);
  entry.writeUInt16LE(VERSION, 6);
  entry.writeUInt16LE(FLAGS, 8);
  entry.writeUInt16LE(DOS_DATE, 14);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(sizeBytes, 20);
  entry.writeUInt32LE(sizeBytes, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt32LE(start, 42);
  return Buffer.concat([entry, name]);
}

function endRecord(entries: number, directoryBytes: number, directoryStart: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryStart, 16);
  return end;
}
