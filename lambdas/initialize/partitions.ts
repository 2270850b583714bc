import type { DatasetManifest } from '../../lib/domain/dataset.ts';
import { dataFileExtension } from '../../lib/domain/keys.ts';
import { comparePartitionKeys } from '../../lib/domain/partition-order.ts';
import type { PartitionRef, WorkItem } from '../../lib/domain/plan.ts';

/** An object as listed. */
export interface ListedObject {
  key: string;
  sizeBytes: number;
  etag: string;
}

/** The data files among the objects, in natural order of their keys. Manifests, folder markers and hidden files are left out. */
export function dataFiles(bucket: string, objects: ListedObject[]): PartitionRef[] {
  return objects
    .filter((object) => dataFileExtension(object.key) !== undefined)
    .sort((a, b) => comparePartitionKeys(a.key, b.key))
    .map((object) => ({ bucket, key: object.key, size_bytes: object.sizeBytes, etag: object.etag }));
}

/**
 * Spreads partitions over workers in contiguous runs whose lengths differ by one at most. No worker is left without
 * work: there are never more items than partitions.
 * @param workers undefined: one item per partition.
 */
export function spread(partitions: PartitionRef[], workers: number | undefined): WorkItem[] {
  const count = Math.min(workers ?? partitions.length, partitions.length);
  return Array.from({ length: count }, (_, rank) => ({
    rank,
    partitions: partitions.slice(
      Math.floor((rank * partitions.length) / count),
      Math.floor(((rank + 1) * partitions.length) / count),
    ),
  }));
}

/** Samples in these files by the manifest; null where it does not know all of them. */
export function expectedSamples(partitions: PartitionRef[], manifest: DatasetManifest | undefined): number | null {
  if (!manifest) return null;
  const samplesOf = new Map(manifest.partitions.map((partition) => [partition.file, partition.samples]));
  let samples = 0;
  for (const { key } of partitions) {
    const known = samplesOf.get(fileName(key));
    if (known === undefined) return null;
    samples += known;
  }
  return samples;
}

/** What looks wrong with the files but does not prevent a run. */
export function partitionWarnings(files: PartitionRef[], manifest: DatasetManifest | undefined): string[] {
  return [gapWarning(files), formatWarning(files), ...(manifest ? manifestWarnings(files, manifest) : [])].filter(
    (warning) => warning !== undefined,
  );
}

/** Numbers left out between the first and the last of `1.ext, 2.ext, …`. */
function gapWarning(files: PartitionRef[]): string | undefined {
  const numbers = new Set<number>();
  for (const { key } of files) {
    const digits = /^(\d+)\./.exec(fileName(key))?.[1];
    // Beyond that neighbours are one number: ids of objects, not of files.
    if (Number.isSafeInteger(Number(digits))) numbers.add(Number(digits));
  }
  if (numbers.size < 2) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const first = sorted[0] as number;
  const last = sorted.at(-1) as number;
  const missingCount = last - first + 1 - sorted.length;
  if (missingCount === 0) return undefined;
  const missing: number[] = [];
  for (let i = 1; i < sorted.length && missing.length < NAMED; i++) {
    for (let n = (sorted[i - 1] as number) + 1; n < (sorted[i] as number) && missing.length < NAMED; n++)
      missing.push(n);
  }
  const more = missingCount > missing.length ? ` and ${missingCount - missing.length} more` : '';
  return `The file numbers have gaps: ${missing.join(', ')}${more} not there between ${first} and ${last}.`;
}

function formatWarning(files: PartitionRef[]): string | undefined {
  const formats = new Set(files.map((file) => dataFileExtension(file.key)));
  return formats.size > 1 ? `The files have different formats: ${[...formats].join(', ')}.` : undefined;
}

function manifestWarnings(files: PartitionRef[], manifest: DatasetManifest): string[] {
  const found = new Map(files.map((file) => [fileName(file.key), file.size_bytes]));
  const missing = manifest.partitions.filter((partition) => !found.has(partition.file)).map(({ file }) => file);
  const resized = manifest.partitions
    .filter(({ file, bytes }) => (found.get(file) ?? bytes) !== bytes)
    .map(({ file, bytes }) => `${file} (${bytes} bytes there, ${found.get(file)} in S3)`);
  const unknown = files.length - (manifest.partitions.length - missing.length);
  return [
    ...(missing.length > 0 ? [`dataset.json lists files that are not there: ${list(missing)}.`] : []),
    ...(resized.length > 0 ? [`Files differ in size from dataset.json: ${list(resized)}.`] : []),
    ...(unknown > 0 ? [`${unknown} of ${files.length} files are not in dataset.json.`] : []),
  ];
}

/** Names given in a warning before it says "and n more". */
const NAMED = 10;

function list(names: string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return names.slice(0, NAMED).join(', ') + more;
}

const fileName = (key: string) => key.slice(key.lastIndexOf('/') + 1);
