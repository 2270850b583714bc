import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** Writes one object piece by piece. It appears under its key when `finish` has resolved, whole, or not at all. */
export interface ObjectWriter {
  write(bytes: Uint8Array | string): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

const PART_BYTES = 8 * 1024 * 1024;

/** Starts an upload: one PUT for what fits a part, multipart above, so memory stays at two parts. */
export async function writeObject(
  s3: S3Client,
  bucket: string,
  key: string,
  contentType: string,
): Promise<ObjectWriter> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const body = new PassThrough({ highWaterMark: 1024 * 1024 });
  const params = { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
  const upload = new Upload({ client: s3, params, partSize: PART_BYTES, queueSize: 1 });
  const done = upload.done();
  // Reported by the next write or by finish; a failure between them must not end the process.
  done.catch(() => body.destroy());
  return {
    async write(bytes) {
      if (body.destroyed) await done;
      if (!body.write(bytes)) await Promise.race([once(body, 'drain'), done]);
    },
    async finish() {
      body.end();
      await done;
    },
    async abort() {
      await upload.abort();
      body.destroy();
      await done.catch(() => {});
    },
  };
}
