import { Failure } from '../failure.ts';
import { httpStatus, isAbsent, isTransient, toFailure } from '../s3/errors.ts';
import type { Answer, S3Objects } from '../s3/objects.ts';

/** A connection can break in the middle of a file. */
const ATTEMPTS = 3;

/** Where the files of model packages come from. Failures begin with the key. */
export interface ModelFiles {
  /** The bytes in memory of their own, which can be handed to the thread of the model as it is. */
  read(bucket: string, key: string, etag?: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }>;
  /** Of the file as it is now. */
  etag(bucket: string, key: string): Promise<string>;
}

export function modelFilesInS3(objects: S3Objects): ModelFiles {
  return {
    async read(bucket, key, ifMatch) {
      try {
        for (let attempt = 1; ; attempt++) {
          // What fails here has been tried often enough.
          const answer = await objects.get(bucket, key, ifMatch === undefined ? {} : { ifMatch });
          try {
            return { bytes: await receiveWhole(answer), etag: answer.etag };
          } catch (error) {
            if (attempt === ATTEMPTS || !isTransient(error)) throw error;
          } finally {
            answer.close();
          }
        }
      } catch (error) {
        throw readFailure(bucket, key, error);
      }
    },
    async etag(bucket, key) {
      try {
        return await objects.etag(bucket, key);
      } catch (error) {
        throw readFailure(bucket, key, error);
      }
    },
  };
}

async function receiveWhole(answer: Answer): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(answer.sizeBytes);
  for (let filled = 0; filled < bytes.length; ) {
    const count = await answer.receive(bytes.subarray(filled));
    if (count === 0) throw Object.assign(new Error('the download ended early'), { code: 'ECONNRESET' });
    filled += count;
  }
  return bytes;
}

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
