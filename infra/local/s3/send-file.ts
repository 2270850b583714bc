import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';

const CHUNK_BYTES = 1024 * 1024;
/** Buffers kept for the next body; more at once are let go when their body ends. */
const SPARE_BUFFERS = 8;
const spare: Buffer[] = [];

/** Part of a file, open: it stays readable when the file is replaced or deleted. */
export interface FilePart {
  handle: FileHandle;
  /** First and last byte, inclusive. */
  start: number;
  end: number;
}

export async function openPart(file: string, start: number, end: number): Promise<FilePart> {
  return { handle: await open(file), start, end };
}

/**
 * Writes the part to the stream and closes the file. Two buffers take turns and are used again by the next body: a
 * stream of fresh ones (`createReadStream`) costs the garbage collector more than the copying itself.
 * @throws when the other side goes away, or the file is shorter than it should be.
 */
export async function sendPart({ handle, start, end }: FilePart, to: Writable): Promise<void> {
  const buffers = [
    spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES),
    spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES),
  ];
  let written: Promise<void> = Promise.resolve();
  try {
    for (let position = start, turn = 0; position <= end; turn = 1 - turn) {
      const buffer = buffers[turn] as Buffer;
      const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK_BYTES, end - position + 1), position);
      if (bytesRead === 0) throw new Error('the stored file is shorter than its object');
      position += bytesRead;
      await written;
      written = write(to, buffer.subarray(0, bytesRead));
      // Awaited one turn later; without a handler a break in between would count as unhandled.
      written.catch(() => undefined);
    }
    await written;
  } finally {
    await handle.close();
    await written.then(
      () => spare.push(...buffers.slice(0, SPARE_BUFFERS - spare.length)),
      // The stream may hold on to what it did not get rid of: these buffers are not for anyone else.
      () => undefined,
    );
  }
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
