import { createHash } from 'node:crypto';
import { dataFileExtension, isPartitionKey } from '../../lib/domain/keys.ts';
import type { PartitionProgress } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { comparePartitionKeys } from '../../lib/domain/partition-order.ts';
import type { PartitionRef } from '../../lib/domain/plan.ts';
import { openCsvSplitter } from '../formats/csv-records.ts';
import { openPartition } from '../formats/open-partition.ts';
import { openObject } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import { Refusal } from './refusal.ts';
import type { Target } from './target.ts';

const NAMED = 10;
const PIECE_BYTES = 512 * 1024;

export interface Verified {
  partitions: number;
  notes: string[];
}

/** Reads every partition back: each byte counts for its checksum, and the samples in it are counted. */
export async function verifyDataset(
  target: Target,
  startDownload: StartDownload,
  onProgress: (progress: PartitionProgress) => void,
  signal: AbortSignal,
): Promise<Verified> {
  const { bucket, prefix, manifest, objects, state } = target;
  const where = `s3://${bucket}/${prefix}`;
  if (!manifest) {
    const why = state
      ? `is not finished (${state.done.length} of ${state.partitions} partitions); run the same command again to finish it`
      : 'is no dataset: there is no dataset.json; choose one that was written by partition or dataset';
    throw new Refusal('verify', `${where} ${why}`);
  }
  const { partitions } = manifest;
  const progress = { phase: 'verify' as const, bytesDone: 0, bytes: manifest.bytes, partitionsDone: 0 };
  const problems: string[] = [];
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (const partition of partitions) {
    const key = `${prefix}/${partition.file}`;
    const stored = objects.get(key);
    const onBytes = (bytes: number) => {
      signal.throwIfAborted();
      progress.bytesDone += bytes;
      onProgress({ ...progress, partitions: partitions.length });
    };
    if (!stored) problems.push(`${partition.file} is not there`);
    else if (stored.bytes !== partition.bytes)
      problems.push(`${partition.file} has ${stored.bytes} bytes, ${partition.bytes} were written`);
    else {
      const ref = { bucket, key, size_bytes: stored.bytes, etag: stored.etag };
      const problem = await differs(ref, partition, startDownload, onBytes, piece);
      if (problem) problems.push(`${partition.file}: ${problem}`);
    }
    progress.partitionsDone++;
  }
  const known = new Set(partitions.map(({ file }) => `${prefix}/${file}`));
  for (const key of [...objects.keys()].sort(comparePartitionKeys))
    if (isPartitionKey(key) && !known.has(key))
      problems.push(`${key.slice(prefix.length + 1)} is there, but dataset.json does not name it`);
  for (const what of ['samples', 'bytes'] as const) {
    const sum = partitions.reduce((all, partition) => all + partition[what], 0);
    if (sum !== manifest[what]) problems.push(`dataset.json tells of ${manifest[what]} ${what}, its files of ${sum}`);
  }
  if (problems.length > 0) {
    const more = problems.length > NAMED ? `; and ${problems.length - NAMED} more` : '';
    const all = problems.slice(0, NAMED).join('; ') + more;
    throw new Refusal('verify', says`${where} is damaged: ${all}. Write it again with ${option('overwrite')}.`);
  }
  const without = partitions.filter(({ sha256 }) => !sha256).length;
  const notes =
    without > 0 ? [`${without} partitions have no checksum in dataset.json: size and samples were compared.`] : [];
  return { partitions: partitions.length, notes };
}

interface Expected {
  samples: number;
  sha256?: string | undefined;
}

/** What is wrong with a partition; undefined where nothing is. */
async function differs(
  ref: PartitionRef,
  { samples, sha256 }: Expected,
  startDownload: StartDownload,
  onBytes: (bytes: number) => void,
  piece: Buffer,
): Promise<string | undefined> {
  const isCsv = dataFileExtension(ref.key) === 'csv';
  const hash = createHash('sha256');
  const lines = openCsvSplitter(ref.key);
  let records = 0;
  const object = openObject(startDownload, ref);
  try {
    for await (const chunk of object.stream(0, ref.size_bytes, isCsv ? undefined : () => piece)) {
      hash.update(chunk);
      if (isCsv) lines.push(chunk, () => records++);
      onBytes(chunk.length);
    }
    const found = hash.digest('hex');
    if (sha256 && found !== sha256)
      return `its checksum is ${found.slice(0, 16)}…, ${sha256.slice(0, 16)}… was written`;
    const rows = isCsv ? records - 1 : await sampleCount(ref, startDownload);
    return rows === samples ? undefined : `it has ${rows} samples, dataset.json says ${samples}`;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('Partition')) return error.message;
    throw error;
  } finally {
    await object.close();
  }
}

async function sampleCount(ref: PartitionRef, startDownload: StartDownload): Promise<number | undefined> {
  const object = openObject(startDownload, ref);
  try {
    const { tensors } = await openPartition(object);
    return tensors.values().next().value?.shape[0];
  } finally {
    await object.close();
  }
}
