import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { toFailure } from './s3.ts';

/** Writes one object piece by piece. It appears under its key when `finish` has resolved, whole, or not at all. */
export interface ObjectWriter {
  write(bytes: Uint8Array | string): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** S3's least size of a part; with its 10,000 parts an object can have 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

/**
 * Starts an object: one PUT where it stays below a part, multipart above. One part is being sent while the next one is
 * filled, so memory stays at two parts.
 */
export function writeObject(s3: S3Client, bucket: string, key: string, contentType: string): ObjectWriter {
  const target = { Bucket: bucket, Key: key };
  const parts: CompletedPart[] = [];
  let buffer = new Uint8Array(FIRST_BYTES);
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  let uploadId: string | undefined;
  let sending: Promise<void> = Promise.resolve();

  async function sendPart(): Promise<void> {
    await sending;
    uploadId ??= (await s3.send(new CreateMultipartUploadCommand({ ...target, ContentType: contentType }))).UploadId;
    const PartNumber = parts.length + 1;
    parts.push({ PartNumber });
    const part = buffer;
    const Body = part.subarray(0, filled);
    sending = s3.send(new UploadPartCommand({ ...target, UploadId: uploadId, PartNumber, Body })).then(({ ETag }) => {
      parts[PartNumber - 1] = { PartNumber, ETag };
      spare = part;
    });
    // It is awaited before the next part; a failure before that must not count as unhandled.
    sending.catch(() => {});
    buffer = spare ?? new Uint8Array(PART_BYTES);
    spare = undefined;
    filled = 0;
  }

  /** Makes room: a longer buffer up to a part's size, then a new part. */
  async function makeRoom(): Promise<void> {
    if (buffer.length >= PART_BYTES) return sendPart();
    const longer = new Uint8Array(Math.min(buffer.length * 4, PART_BYTES));
    longer.set(buffer.subarray(0, filled));
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
    if (parts.length === 0) {
      const Body = buffer.subarray(0, filled);
      await s3.send(new PutObjectCommand({ ...target, Body, ContentType: contentType }));
      return;
    }
    if (filled > 0) await sendPart();
    await sending;
    const complete = { ...target, UploadId: uploadId, MultipartUpload: { Parts: parts } };
    await s3.send(new CompleteMultipartUploadCommand(complete));
  }

  const named = (error: unknown): never => {
    throw toFailure(error, `Writing s3://${bucket}/${key}`);
  };
  return {
    write: (bytes) => append(typeof bytes === 'string' ? Buffer.from(bytes) : bytes).catch(named),
    finish: () => finish().catch(named),
    async abort() {
      await sending.catch(() => {});
      if (uploadId) await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId: uploadId })).catch(() => {});
    },
  };
}
