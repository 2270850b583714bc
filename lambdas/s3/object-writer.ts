import { toFailure } from './errors.ts';
import type { ObjectTarget, S3Objects, UploadRef } from './objects.ts';

/** Writes one object piece by piece. It appears under its key when `finish` has resolved, whole, or not at all. */
export interface ObjectWriter {
  /** Copies them: when it has resolved, their memory may be used again. */
  write(bytes: Uint8Array | string): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** S3's least size of a part; with its 10,000 parts an object can have 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;
/** Most objects are small: a whole part for each keeps the garbage collector busy (1.4 times as long for small items). */
const FIRST_BYTES = 64 * 1024;

/**
 * Starts an object: one PUT where it stays below a part, multipart above.
 * @param ahead whether the next part is filled while one is being sent: two parts of memory instead of one.
 */
export function writeObject(objects: S3Objects, target: ObjectTarget, { ahead = true } = {}): ObjectWriter {
  let buffer = new Uint8Array(FIRST_BYTES);
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  let upload: UploadRef | undefined;
  const etags: string[] = [];
  let parts = 0;
  let sending: Promise<void> = Promise.resolve();

  async function sendPart(): Promise<void> {
    await sending;
    upload ??= await objects.createUpload(target);
    const part = buffer;
    parts += 1;
    sending = objects.sendPart(upload, parts, part.subarray(0, filled)).then((etag) => {
      etags.push(etag);
      spare = part;
    });
    // It is awaited before the next part; a failure before that must not count as unhandled.
    sending.catch(() => {});
    if (!ahead) await sending;
    buffer = spare ?? new Uint8Array(PART_BYTES);
    spare = undefined;
    filled = 0;
  }

  /** Makes room: a longer buffer up to a part's size, then a new part. */
  async function makeRoom(): Promise<void> {
    if (buffer.length >= PART_BYTES) return sendPart();
    const longer = new Uint8Array(Math.min(buffer.length * 4, PART_BYTES));
    longer.set(buffer.subarray(0, filled));
    free(buffer);
    buffer = longer;
  }

  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      if (filled === buffer.length) await makeRoom();
      const taken = bytes.subarray(from, from + buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      from += taken.length;
    }
  }

  async function finish(): Promise<void> {
    if (upload) {
      if (filled > 0) await sendPart();
      await sending;
      await objects.completeUpload(upload, etags);
    } else await objects.put(target, buffer.subarray(0, filled));
    free(buffer);
    if (spare) free(spare);
  }

  const named = (error: unknown): never => {
    throw toFailure(error, `Writing s3://${target.bucket}/${target.key}`);
  };
  return {
    write: (bytes) => append(typeof bytes === 'string' ? Buffer.from(bytes) : bytes).catch(named),
    finish: () => finish().catch(named),
    async abort() {
      await sending.catch(() => {});
      if (upload) await objects.abortUpload(upload).catch(() => {});
    },
  };
}

/** At once: the garbage collector would come when as much again has been taken. */
const free = (bytes: Uint8Array<ArrayBuffer>) => void bytes.buffer.transfer(0);
