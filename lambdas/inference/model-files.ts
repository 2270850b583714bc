import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Failure } from '../failure.ts';
import { httpStatus, isAbsent, toFailure } from '../s3.ts';

/** Where the files of model packages come from. Failures begin with the key. */
export interface ModelFiles {
  /** The bytes in memory of their own, which can be handed to the thread of the model as it is. */
  read(bucket: string, key: string, etag?: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }>;
  /** Of the file as it is now. */
  etag(bucket: string, key: string): Promise<string>;
}

export const modelFilesInS3 = (s3: S3Client): ModelFiles => ({
  async read(Bucket, Key, IfMatch) {
    try {
      const response = await s3.send(new GetObjectCommand({ Bucket, Key, IfMatch }));
      const bytes = new Uint8Array(response.ContentLength ?? 0);
      let filled = 0;
      for await (const chunk of response.Body as Readable) {
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      return { bytes, etag: response.ETag ?? '' };
    } catch (error) {
      throw readFailure(Bucket, Key, error);
    }
  },
  async etag(Bucket, Key) {
    try {
      return (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag ?? '';
    } catch (error) {
      throw readFailure(Bucket, Key, error);
    }
  },
});

function readFailure(bucket: string, key: string, error: unknown): Error {
  if (isAbsent(error)) {
    const what = `${key}: not in bucket ${bucket}; upload the model package`;
    return new Failure('ModelMissing', what, { cause: error });
  }
  if (httpStatus(error) === 412) {
    const why = 'it was replaced while the run was going on; start the run again';
    return new Failure('ModelChanged', `${key}: ${why}`, { cause: error });
  }
  return toFailure(error, `${key}: reading the model`);
}
