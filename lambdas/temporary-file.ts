import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A place for a file that nobody else writes to: in a folder of its own, which goes with it. */
export interface TemporaryFile {
  path: string;
  remove(): void;
}

/** @param name that the file shall have. */
export function makeTemporaryFile(name: string): TemporaryFile {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-'));
  return { path: path.join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A file without a name: it is gone when it is closed, or the process ends. */
export interface UnnamedFile {
  /** Writes all of the bytes: a disk that is nearly full takes some of them without an error. */
  write(bytes: Uint8Array, at: number): void;
  /** Fills `into` and returns it. */
  read(into: Uint8Array, at: number): Uint8Array;
  /** As `read`, but fewer bytes where the file ends: how many. */
  readSome(into: Uint8Array, at: number): number;
  close(): void;
}

/** @param name that it has until it is gone. */
export function openUnnamedFile(name: string): UnnamedFile {
  const { path, remove } = makeTemporaryFile(name);
  let file: number;
  try {
    file = openSync(path, 'wx+');
  } finally {
    remove();
  }
  const readSome = (into: Uint8Array, at: number) => readSync(file, into, 0, into.length, at);
  return {
    write(bytes, at) {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
    },
    read(into, at) {
      for (let done = 0; done < into.length; ) {
        const count = readSome(into.subarray(done), at + done);
        if (count === 0) throw new Error('a temporary file was cut short');
        done += count;
      }
      return into;
    },
    readSome,
    close: () => closeSync(file),
  };
}
