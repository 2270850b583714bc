import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../failure.ts';
import { httpStatus, isAbsent, isTransient, toFailure } from '../s3/errors.ts';
import type { Answer, S3Objects } from '../s3/objects.ts';
import { makeTemporaryFile } from '../temporary-file.ts';

/** A connection can break in the middle of a file. */
const ATTEMPTS = 3;
/** What is saved goes through this much memory: a large page, so that the file can be mapped into memory by such. */
const PIECE_BYTES = 2 * 1024 * 1024;

/** Where the files of model packages come from. Failures begin with the key. */
export interface ModelFiles {
  /** The bytes in memory of their own, which can be handed to the thread of the model as it is. */
  read(bucket: string, key: string, etag?: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }>;
  /** Of the file as it is now. */
  etag(bucket: string, key: string): Promise<string>;
}

/** A file of this machine until it is removed. */
export interface SavedFile {
  file: string;
  sizeBytes: number;
  remove(): void;
}

export interface ModelFilesInS3 extends ModelFiles {
  /** Saves a file under its name as it arrives. */
  save(bucket: string, key: string, etag: string): Promise<SavedFile>;
}

export function modelFilesInS3(objects: S3Objects): ModelFilesInS3 {
  /** @param receive receives the whole body, or fails. */
  async function download<T>(
    bucket: string,
    key: string,
    ifMatch: string | undefined,
    receive: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    try {
      for (let attempt = 1; ; attempt++) {
        // What fails here has been tried often enough.
        const answer = await objects.get(bucket, key, ifMatch === undefined ? {} : { ifMatch });
        try {
          return await receive(answer);
        } catch (error) {
          if (attempt === ATTEMPTS || !isTransient(error)) throw error;
        } finally {
          answer.close();
        }
      }
    } catch (error) {
      throw readFailure(bucket, key, error);
    }
  }

  return {
    read: (bucket, key, ifMatch) =>
      download(bucket, key, ifMatch, async (answer) => ({ bytes: await receiveWhole(answer), etag: answer.etag })),
    save: (bucket, key, ifMatch) => download(bucket, key, ifMatch, (answer) => saveWhole(answer, key)),
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
    filled += await receiveSome(answer, bytes.subarray(filled));
  }
  return bytes;
}

/** Half the time of receiving it into memory that is new: the same piece takes all of it, and a file needs no zeros. */
async function saveWhole(answer: Answer, key: string): Promise<SavedFile> {
  const { path: file, remove } = makeTemporaryFile(path.basename(key));
  const piece = new Uint8Array(PIECE_BYTES);
  const { sizeBytes } = answer;
  try {
    const opened = openSync(file, 'wx');
    try {
      for (let written = 0; written < sizeBytes; ) {
        const count = await receiveSome(answer, piece.subarray(0, sizeBytes - written));
        for (let done = 0; done < count; ) done += writeSync(opened, piece, done, count - done);
        written += count;
      }
    } finally {
      closeSync(opened);
    }
    return { file, sizeBytes, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function receiveSome(answer: Answer, into: Uint8Array): Promise<number> {
  const count = await answer.receive(into);
  if (count === 0) throw Object.assign(new Error('the download ended early'), { code: 'ECONNRESET' });
  return count;
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
