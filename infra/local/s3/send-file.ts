import { closeSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';

const CHUNK_BYTES = 1024 * 1024;
/** Buffers kept for the next body; more at once are let go when their body ends. */
const SPARE_BUFFERS = 8;
const spare: Buffer[] = [];

/** Part of a file, open: it stays readable when the file is replaced or deleted. */
export interface FilePart {
  fd: number;
  /** First and last byte, inclusive. */
  start: number;
  end: number;
}

export const openPart = (file: string, start: number, end: number): FilePart => ({
  fd: openSync(file, 'r'),
  start,
  end,
});

/**
 * Writes the part to the stream and closes the file. Its buffer is used again by the next body: a stream of fresh ones
 * (`createReadStream`) costs the garbage collector more than the copying itself. It is opened and read at once, not by
 * another thread: 1 MB from the page cache takes less than telling a thread to do it, which on a machine that is busy
 * with models has to wait for its turn besides; and a body of a run usually lies there.
 * @throws when the other side goes away, or the file is shorter than it should be.
 */
export async function sendPart({ fd, start, end }: FilePart, to: Writable): Promise<void> {
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let position = start; position <= end; ) {
      const bytesRead = readSync(fd, buffer, 0, Math.min(CHUNK_BYTES, end - position + 1), position);
      if (bytesRead === 0) throw new Error('the stored file is shorter than its object');
      position += bytesRead;
      await write(to, buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(fd);
  }
  // Not reached when a write failed: the stream may hold on to what it did not get rid of.
  if (spare.length < SPARE_BUFFERS) spare.push(buffer);
  await new Promise<void>((resolve) => to.end(resolve));
}

/** Resolves when the bytes have left the stream, so that their memory may be written again. */
function write(to: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the reader went away'));
    if (to.destroyed) return gone();
    to.once('close', gone);
    to.write(bytes, (error) => {
      to.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });
}
