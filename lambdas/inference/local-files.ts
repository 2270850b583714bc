import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.ts';
import type { StartDownload } from '../s3/objects.ts';
import type { ModelFiles } from './model-files.ts';

/** A model package in a folder of this machine. */
export const modelFilesIn = (folder: string): ModelFiles => ({
  async read(_bucket, key) {
    const file = path.join(folder, path.basename(key));
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw new Failure('ModelMissing', `${path.basename(key)}: not in ${folder}`, { cause: error });
    });
    return { bytes: new Uint8Array(bytes), etag: await versionOf(file) };
  },
  etag: (_bucket, key) => versionOf(path.join(folder, path.basename(key))),
});

async function versionOf(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  return `${size}-${mtimeMs}`;
}

/** Partitions whose key is the path of a file of this machine. */
export const downloadFile: StartDownload = async ({ key }, first, last) => {
  const handle = await open(key);
  let position = first;
  return {
    async receive(into) {
      const { bytesRead } = await handle.read(into, 0, Math.min(into.length, last + 1 - position), position);
      position += bytesRead;
      return bytesRead;
    },
    close() {
      handle.close().catch(() => {});
    },
  };
};
