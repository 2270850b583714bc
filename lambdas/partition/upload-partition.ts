import { createHash } from 'node:crypto';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isAbsent } from '../s3/errors.ts';
import { writeObject } from '../s3/object-writer.ts';
import { sdkObjects } from '../s3/sdk-objects.ts';
import type { Sink } from './output.ts';
import { writtenByAnother } from './target.ts';

/** A partition that is there, whole. */
export interface Uploaded {
  bytes: number;
  sha256: string;
  etag: string;
}

/**
 * Streams a file to S3 under its checksum. It is there when this has resolved, or not at all.
 * @param onBytes is told of each piece.
 */
export async function uploadPartition(
  s3: S3Client,
  bucket: string,
  key: string,
  write: (sink: Sink) => Promise<void>,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  const hash = createHash('sha256');
  const writer = writeObject(sdkObjects(s3), { bucket, key, contentType: 'application/octet-stream' });
  let bytes = 0;
  try {
    await write(async (piece) => {
      signal.throwIfAborted();
      hash.update(piece);
      bytes += piece.length;
      await writer.write(piece);
      onBytes(piece.length);
    });
    await writer.finish();
    const { ETag = '' } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return { bytes, sha256: hash.digest('hex'), etag: ETag };
  } catch (error) {
    await writer.abort();
    // One that begins clears the place: of files, and of uploads that go on.
    throw isAbsent(error) ? writtenByAnother(bucket, key) : error;
  }
}
