import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { RunContext } from '../../lib/domain/plan.ts';
import { toFailure } from '../s3/errors.ts';

/** What lies under the result path, by rank. */
export interface Listing {
  /** Sizes of `predictions/<rank>.parquet` in bytes, by rank; 0: not there. */
  predictionsBytes: Float64Array;
  /** 1 where `<rank>.json` is there. */
  hasResult: Uint8Array;
  /** Keys that stand for a rank that has its own already, e.g. `007.json`. */
  duplicates: string[];
  /** Keys that are nobody's, the first 1,000. */
  foreign: string[];
  /** `FAILED_<n>.json` files of the map, in the order they were written. */
  failedFiles: string[];
}

/** Most keys that a summary names of one kind. */
export const MAX_NAMED = 1_000;

const ownFiles = new Set([
  'items.json',
  'combined_data.json',
  'predictions.csv',
  'predictions.parquet',
  'summary.json',
  '',
]);

/** Pages through everything under the result path. Memory is a few bytes per expected item. */
export async function listResults(s3: S3Client, run: RunContext, expectedItems: number): Promise<Listing> {
  const listing: Listing = {
    predictionsBytes: new Float64Array(expectedItems),
    hasResult: new Uint8Array(expectedItems),
    duplicates: [],
    foreign: [],
    failedFiles: [],
  };
  const list = async (prefix: string, delimiter?: string): Promise<void> => {
    const folders = new Set<string>();
    let token: string | undefined;
    do {
      const page = await s3
        .send(
          new ListObjectsV2Command({
            Bucket: run.bucket,
            Prefix: prefix,
            Delimiter: delimiter,
            ContinuationToken: token,
          }),
        )
        .catch((error: unknown) => {
          throw toFailure(error, `Listing s3://${run.bucket}/${prefix}`);
        });
      for (const { Key = '', Size = 0 } of page.Contents ?? []) file(listing, run, Key, Size);
      for (const { Prefix = '' } of page.CommonPrefixes ?? []) folders.add(Prefix);
      token = page.NextContinuationToken;
    } while (token);
    await Promise.all([...folders].filter((folder) => folder !== predictions).map((folder) => list(folder)));
  };
  // Page follows page, so the two long lists go side by side.
  const predictions = `${run.result_path}/predictions/`;
  await Promise.all([list(`${run.result_path}/`, '/'), list(predictions)]);
  return listing;
}

function file(listing: Listing, run: RunContext, key: string, sizeBytes: number): void {
  const path = key.slice(run.result_path.length + 1);
  if (ownFiles.has(path)) return;
  if (key.startsWith(`${run.map_prefix}/`)) {
    if (/\/FAILED_\d+\.json$/.test(key)) listing.failedFiles.push(key);
    return;
  }
  const [, folder, digits, extension] = /^(predictions\/)?(\d+)\.(json|parquet)$/.exec(path) ?? [];
  const rank = Number(digits);
  const isResult = folder === undefined && extension === 'json';
  const isPredictions = folder !== undefined && extension === 'parquet';
  if (digits === undefined || rank >= listing.hasResult.length || !(isResult || isPredictions)) {
    if (listing.foreign.length < MAX_NAMED) listing.foreign.push(key);
  } else if (digits !== String(rank)) {
    if (listing.duplicates.length < MAX_NAMED) listing.duplicates.push(key);
  } else if (isResult) listing.hasResult[rank] = 1;
  else listing.predictionsBytes[rank] = sizeBytes;
}
