import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openResult } from '../server/results.ts';
import { UserError } from './user-error.ts';

const files = ['combined_data.json', 'predictions.csv', 'predictions.parquet'] as const;

/** `starmap download`: streams a combined result to disk; never leaves half a file under the final name. */
export async function download(runId: string, file: string, options: { out?: string; json?: boolean }): Promise<void> {
  const kind = files.find((name) => name === file);
  if (!kind) throw new UserError(`"${file}" is no result file. Choose one of: ${files.join(', ')}`);
  const target = path.resolve(options.out ?? `${runId}-${kind}`);
  if (await isFolder(target)) throw new UserError(`${target} is a folder: name a file in it by --out.`);
  if (!(await isFolder(path.dirname(target)))) throw new UserError(`There is no folder ${path.dirname(target)}.`);
  const result = await openResult(runId, kind);
  if (!result) throw new UserError(`Run "${runId}" has no ${kind}. Is the id right, and has the run ended?`);
  const part = `${target}.part`;
  try {
    await pipeline(
      Readable.fromWeb(result.body as import('node:stream/web').ReadableStream<Uint8Array>),
      createWriteStream(part),
    );
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  console.log(
    options.json ? JSON.stringify({ run: runId, file: kind, path: target, sizeBytes: result.sizeBytes }) : target,
  );
}

const isFolder = (place: string) =>
  stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
