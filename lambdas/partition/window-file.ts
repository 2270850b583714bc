import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Failure } from '../failure.ts';
import { makeTemporaryFile } from '../temporary-file.ts';

/** A file without a name, for rows that are written soon: it is gone when it is closed, or the process ends. */
export async function openWindowFile(): Promise<FileHandle> {
  const { path, remove } = makeTemporaryFile('window');
  try {
    return await open(path, 'wx+');
  } finally {
    remove();
  }
}

/** Writes all of the bytes: a disk that is nearly full takes some of them without an error. */
export async function writeAt(file: Pick<FileHandle, 'write'>, bytes: Uint8Array, at: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; )
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    const why = `The disk of ${tmpdir()} is full, where the rows of a partition lie until they are written`;
    throw new Failure('PartitionTooLarge', `${why}; make room there, or set TMPDIR to a folder with more`);
  }
}
