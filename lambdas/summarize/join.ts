import type { S3Client } from '@aws-sdk/client-s3';
import type { Plan, RunContext } from '../../lib/domain/plan.ts';
import { WiderColumns } from '../common-columns.ts';
import type { ParquetColumn } from '../parquet-columns.ts';
import { writeObject } from '../s3/object-writer.ts';
import { sdkObjects } from '../s3/sdk-objects.ts';
import { type CompletenessCount, countCompleteness } from './completeness.ts';
import { readItems } from './items.ts';
import type { Listing } from './listing.ts';
import { type MergedPredictions, mergePredictions } from './merge.ts';
import { notANumberWarning } from './not-a-number.ts';
import { type ItemResult, predictionsKey, readResults } from './results.ts';
import type { SignedGet } from './signed-get.ts';

export interface JoinedResults {
  completeness: CompletenessCount;
  predictions: MergedPredictions;
  /** 1 for every rank whose result is in the joined files. */
  foundRanks: Uint8Array;
  combinedKey: string;
  warnings: string[];
}

/** Most warnings of one kind that are kept. */
const MAX_WARNINGS = 20;

/**
 * One pass over the items in order of rank: checks each result, adds its record and its predictions to the joined files. A
 * column that turns out to need another type takes another pass.
 * @param wider columns of the predictions, where they are known from a pass before.
 */
export async function joinResults(
  s3: S3Client,
  get: SignedGet,
  run: RunContext,
  items: Plan['items'],
  listing: Listing,
  wider?: ParquetColumn[],
): Promise<JoinedResults> {
  const completeness = countCompleteness(listing);
  const combinedKey = `${run.result_path}/combined_data.json`;
  const combined = writeObject(sdkObjects(s3), {
    bucket: run.bucket,
    key: combinedKey,
    contentType: 'application/json',
  });
  const predictions = mergePredictions(s3, run, wider);
  const foundRanks = new Uint8Array(listing.hasResult.length);
  const warnings: string[] = [];
  let separator = '[';
  try {
    for await (const result of readResults(get, run, readItems(s3, items), listing)) {
      const { item } = result;
      const why = result.state === 'found' ? await appendPredictions(result) : undefined;
      if (result.state === 'found' && why === undefined) {
        await combined.write(separator + result.json);
        separator = ',';
        completeness.found(result.info);
        foundRanks[item.rank] = 1;
        continue;
      }
      completeness.missing(item);
      if (result.state === 'foreign') {
        completeness.foreign(result.key);
        warn(`${result.key} was left out: ${result.why}.`);
      } else if (why !== undefined) warn(`Item ${item.rank} counts as missing: ${why}.`);
    }
    await combined.write(separator === '[' ? '[]' : ']');
    const merged = await predictions.finish();
    if (merged.notANumber.samples > 0) {
      // The first of the list: it says whether the predictions can be used.
      warnings.unshift(notANumberWarning(merged.notANumber, merged.rows, completeness.partitions()));
    }
    for (const [tensor, files] of merged.absent) {
      const all = completeness.partitions();
      const where = files === all ? 'The data has' : `${files} of ${all} files ${files === 1 ? 'has' : 'have'}`;
      warn(`${where} no tensor ${tensor}, which model.json names for id or truth.`);
    }
    await combined.finish();
    return { completeness, predictions: merged, foundRanks, combinedKey, warnings };
  } catch (error) {
    await Promise.all([combined.abort(), predictions.abort()]);
    if (error instanceof WiderColumns) return joinResults(s3, get, run, items, listing, error.columns);
    throw error;
  }

  function warn(text: string): void {
    if (warnings.length < MAX_WARNINGS) warnings.push(text);
  }

  /** @returns why the predictions of a found result cannot be used. */
  async function appendPredictions(result: Extract<ItemResult, { state: 'found' }>): Promise<string | undefined> {
    const { rank } = result.item;
    const key = predictionsKey(run, rank);
    const byteLength = listing.predictionsBytes[rank] ?? 0;
    if (byteLength === 0) return `${key} is not there`;
    const file = result.predictions
      ? ownBuffer(result.predictions)
      : { byteLength, slice: (start: number, end = byteLength) => readPart(key, start, end) };
    return predictions.append(key, file, result.info.samples ?? 0);
  }

  async function readPart(key: string, start: number, end: number): Promise<ArrayBuffer> {
    const bytes = await get(key, { start, end });
    if (!bytes) throw new Error(`${key} vanished while it was read`);
    return ownBuffer(bytes);
  }
}

/** Large ones have theirs, small ones share one. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer as ArrayBuffer;
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
