import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
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
  const result = await openResult(runId, kind);
  if (!result) throw new UserError(`Run "${runId}" has no ${kind}. Is the id right, and has the run ended?`);
  const target = path.resolve(options.out ?? `${runId}-${kind}`);
  await pipeline(
    Readable.fromWeb(result.body as import('node:stream/web').ReadableStream<Uint8Array>),
    createWriteStream(`${target}.part`),
  );
  await rename(`${target}.part`, target);
  console.log(
    options.json ? JSON.stringify({ run: runId, file: kind, path: target, sizeBytes: result.sizeBytes }) : target,
  );
}
