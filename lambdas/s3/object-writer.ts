import { toFailure } from './errors.ts';
import type { MultipartUpload, ObjectTarget, S3Objects } from './objects.ts';

/** Writes one object piece by piece. It appears under its key when `finish` has resolved, whole, or not at all. */
export interface ObjectWriter {
  /** Copies them: when it has resolved, their memory may be used again. */
  write(bytes: Uint8Array | string): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** S3's least size of a part; with its 10,000 parts an object can have 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;

/**
 * Starts an object: one PUT where it stays below a part, multipart above. One part is being sent while the next one is
 * filled, so memory stays at two parts; what of a part is not filled takes none.
 */
export function writeObject(objects: S3Objects, target: ObjectTarget): ObjectWriter {
  let buffer = new Uint8Array(PART_BYTES);
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  let parts = 0;
  let upload: MultipartUpload | undefined;
  let sending: Promise<void> = Promise.resolve();

  async function sendPart(): Promise<void> {
    await sending;
    upload ??= await objects.upload(target);
    const part = buffer;
    parts += 1;
    sending = upload.sendPart(parts, part.subarray(0, filled)).then(() => {
      spare = part;
    });
    // It is awaited before the next part; a failure before that must not count as unhandled.
    sending.catch(() => {});
    buffer = spare ?? new Uint8Array(PART_BYTES);
    spare = undefined;
    filled = 0;
  }

  async function append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      if (filled === PART_BYTES) await sendPart();
      const taken = bytes.subarray(from, from + buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      from += taken.length;
    }
  }

  async function finish(): Promise<void> {
    if (!upload) return objects.put(target, buffer.subarray(0, filled));
    if (filled > 0) await sendPart();
    await sending;
    await upload.complete();
  }

  const named = (error: unknown): never => {
    throw toFailure(error, `Writing s3://${target.bucket}/${target.key}`);
  };
  return {
    write: (bytes) => append(typeof bytes === 'string' ? Buffer.from(bytes) : bytes).catch(named),
    finish: () => finish().catch(named),
    async abort() {
      await sending.catch(() => {});
      await upload?.abort().catch(() => {});
    },
  };
}
