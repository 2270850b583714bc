import { hash } from 'node:crypto';
import path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { DatasetManifest } from '../../lib/domain/dataset.ts';
import {
  PARTITION_STATE,
  type PartitionCut,
  type PartitionProgress,
  type PartitionReport,
  type PartitionRequest,
  type PartitionState,
} from '../../lib/domain/partition-job.ts';
import { option, type PartitionMessage, says } from '../../lib/domain/partition-message.ts';
import { toFailure } from '../s3/errors.ts';
import type { StartDownload } from '../s3/objects.ts';
import type { Sink } from './output.ts';
import { Refusal } from './refusal.ts';
import { findSource, requireUnchanged, type Source, START_OVER, unreadFolders } from './source-files.ts';
import { openSplitting, type Splitting } from './splitting.ts';
import {
  abortUploads,
  completeDataset,
  OTHER_OR_REPLACE,
  openTarget,
  removeFiles,
  requireOwn,
  requireWritten,
  saveState,
  type Target,
} from './target.ts';
import { uploadPartition } from './upload-partition.ts';
import { verifyDataset } from './verify.ts';

export interface PartitionEffects {
  s3: S3Client;
  startDownload: StartDownload;
  onProgress(progress: PartitionProgress): void;
  signal: AbortSignal;
  now(): Date;
}

type Outcome = Omit<PartitionReport, 'peakRssMb'>;

/** Saving the state takes at most a 20th of the time: of many small partitions the last ones are written again after a crash. */
const SAVE_SHARE = 20;

/**
 * Splits a source into `1.ext … n.ext` and writes `dataset.json` when all of them are there. What an interrupted run has
 * written is kept and continued.
 * @throws Refusal, in words, where something has to be put right; the signal's reason where it was stopped.
 */
export async function partitionDataset(request: PartitionRequest, effects: PartitionEffects): Promise<Outcome> {
  const { s3, startDownload, onProgress, signal } = effects;
  let target = await openTarget(s3, request);
  const report =
    request.source && request.cut ? await writeDataset(request, request.source, request.cut, target, effects) : null;
  if (report) target = await openTarget(s3, request);
  const { manifest } = target;
  const verified = request.verify ? await verifyDataset(target, startDownload, onProgress, signal) : undefined;
  if (!manifest) throw new Refusal('out', `s3://${target.bucket}/${target.prefix} is no dataset`);
  return {
    partitions: manifest.partitions.length,
    samples: manifest.samples,
    bytes: manifest.bytes,
    format: manifest.format,
    written: report?.written ?? 0,
    bytesWritten: report?.bytesWritten ?? 0,
    verified: verified?.partitions ?? null,
    notes: [...(report?.notes ?? []), ...(verified?.notes ?? [])],
  };
}

async function writeDataset(
  request: PartitionRequest,
  where: NonNullable<PartitionRequest['source']>,
  cut: PartitionCut,
  target: Target,
  effects: PartitionEffects,
) {
  const { s3, startDownload, onProgress, signal } = effects;
  const source = await findSource(where, s3, startDownload);
  requireOwn(target, source, request.overwrite);
  const identity = identityOf(source, request, cut);
  if (target.manifest && !request.overwrite) {
    if (target.manifest.made_by.fingerprint === fingerprint(identity))
      return { written: 0, bytesWritten: 0, notes: ['The dataset was there already, made from the same source.'] };
    const name = `s3://${target.bucket}/${target.prefix}`;
    throw new Refusal('out', says`${name} already holds a dataset; ${OTHER_OR_REPLACE}`);
  }
  if (target.state?.done.length && !request.overwrite) requireContinues(target, identity);

  const bytes = source.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let scanned = 0;
  const splitting = await openSplitting(source, cut, request, (count) => {
    signal.throwIfAborted();
    scanned += count;
    onProgress({ phase: 'scan', bytesDone: scanned, bytes, partitionsDone: 0, partitions: 0 });
  });
  try {
    const { partitions, format } = splitting;
    const asked = 'path' in where ? path.resolve(where.path) : `s3://${where.bucket}/${where.key}`;
    const state: PartitionState = { version: 1, asked, ...identity, format, partitions: partitions.length, done: [] };
    if (!request.overwrite) state.done = stillThere(target, partitions);
    await clearTarget(s3, target, state);
    const done = await writePartitions(source, splitting, state, target, effects);
    await completeDataset(s3, target, manifestOf(splitting, identity, target, state.done, effects.now()));
    return { ...done, notes: [...splitting.notes, ...unreadFolders(source)] };
  } finally {
    await splitting.close();
  }
}

/** Leaves of the target what the state names. From then on it is an unfinished dataset. */
async function clearTarget(s3: S3Client, target: Target, state: PartitionState): Promise<void> {
  const { prefix, objects } = target;
  await saveState(s3, target, state);
  const kept = new Set([PARTITION_STATE, ...state.done.map(({ file }) => file)].map((file) => `${prefix}/${file}`));
  const keys = [...objects.keys()].filter((key) => !kept.has(key));
  await removeFiles(s3, target, keys);
  await abortUploads(s3, target);
}

/** Writes the partitions that the state does not name yet, and enters each there. */
async function writePartitions(
  source: Source,
  splitting: Splitting,
  state: PartitionState,
  target: Target,
  { s3, onProgress, signal }: PartitionEffects,
) {
  const { bucket, prefix } = target;
  const { partitions, format } = splitting;
  const done = new Set(state.done.map(({ file }) => file));
  const progress = {
    phase: 'write' as const,
    bytes: partitions.reduce((sum, partition) => sum + partition.bytes, 0),
    bytesDone: state.done.reduce((sum, partition) => sum + partition.bytes, 0),
    partitionsDone: done.size,
    partitions: partitions.length,
  };
  const alreadyThere = { ...progress };
  const onBytes = (count: number) => {
    progress.bytesDone += count;
    onProgress({ ...progress });
  };
  onProgress(alreadyThere);
  let nextSaveMs = performance.now();
  try {
    for (const [index, { samples }] of partitions.entries()) {
      const file = fileName(index, format);
      if (done.has(file)) continue;
      signal.throwIfAborted();
      const write = (sink: Sink) => splitting.write(sink, index);
      state.done.push({
        file,
        samples,
        ...(await uploadPartition(s3, bucket, `${prefix}/${file}`, write, onBytes, signal)),
      });
      progress.partitionsDone++;
      onProgress({ ...progress });
      const beforeMs = performance.now();
      if (beforeMs < nextSaveMs) continue;
      await saveState(s3, target, state);
      nextSaveMs = performance.now() + (performance.now() - beforeMs) * SAVE_SHARE;
    }
    await requireUnchanged(source.files);
    requireWritten(await openTarget(s3, target), state.done);
  } catch (error) {
    const failure = toFailure(error, `Writing s3://${bucket}/${prefix}`);
    if (!signal.aborted) state.problem = failure instanceof Refusal ? failure.says : [failure.message];
    // What is there stays there, and is known to the next run.
    await saveState(s3, target, state).catch(() => {});
    throw failure;
  }
  return {
    written: progress.partitionsDone - alreadyThere.partitionsDone,
    bytesWritten: progress.bytesDone - alreadyThere.bytesDone,
  };
}

const fileName = (index: number, format: string) => `${index + 1}.${format}`;

/** What a dataset is made of: the same again gives the same files. */
type Identity = Pick<PartitionState, 'source' | 'cut' | 'tensors'> & { wanted: string | null };

function identityOf({ files }: Source, { format, tensors }: PartitionRequest, cut: PartitionCut): Identity {
  const source = files.map(({ name, sizeBytes, version }) => ({
    name: name.startsWith('s3://') ? name : path.resolve(name),
    bytes: sizeBytes,
    version,
  }));
  return { source, cut, tensors, wanted: format };
}

/** Short for what a dataset is made of, which may be thousands of files. */
const fingerprint = (identity: Identity) => hash('sha256', JSON.stringify(identity));

const sameJson = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** An unfinished dataset is continued from the same source, cut in the same way; else two datasets would be mixed. */
function requireContinues({ bucket, prefix, state }: Target, { source, cut, tensors, wanted }: Identity): void {
  if (!state) return;
  const where = `s3://${bucket}/${prefix} holds ${state.done.length} of ${state.partitions} partitions of an unfinished dataset`;
  const refuse = (field: 'source' | 'cut' | 'tensors' | 'format', why: string | PartitionMessage) => {
    throw new Refusal(field, says`${where}, ${why}; ${START_OVER}`);
  };
  const text = (given: PartitionCut) =>
    'samples' in given ? option('samples', String(given.samples)) : option('size', given.text);
  if (!sameJson(state.cut, cut)) refuse('cut', says`begun with ${text(state.cut)}, not ${text(cut)}: give that again`);
  if (!sameJson(state.tensors, tensors))
    refuse('tensors', says`begun with other ${option('tensors')}: give those again`);
  if (state.wanted !== wanted) refuse('format', says`begun with another ${option('format')}: give that again`);
  if (sameJson(state.source, source)) return;
  refuse('source', sourceChange(state.source, source));
}

/** How two sources differ. */
function sourceChange(before: Identity['source'], now: Identity['source']): string {
  const known = new Map(before.map((file) => [file.name, file]));
  const names = new Set(now.map(({ name }) => name));
  const gone = before.find(({ name }) => !names.has(name));
  const added = now.find(({ name }) => !known.has(name));
  if (before.every(({ name }) => !names.has(name)))
    return `begun from ${before[0]?.name} (${before.length} files), not from ${now[0]?.name} (${now.length} files)`;
  if (gone) return `and ${gone.name} is no longer in its source`;
  if (added) return `and ${added.name} was not in its source`;
  const changed = now.find((file) => !sameJson(file, known.get(file.name)));
  const was = changed && known.get(changed.name);
  return `and ${changed?.name} has changed since (${was?.bytes} bytes, ${was?.version}; now ${changed?.bytes} bytes, ${changed?.version})`;
}

/** Partitions that an earlier run recorded and that are still what it wrote. */
function stillThere({ prefix, objects, state }: Target, partitions: Splitting['partitions']): PartitionState['done'] {
  return (state?.done ?? []).filter(({ file, samples, bytes, etag }) => {
    const found = objects.get(`${prefix}/${file}`);
    const planned = partitions[Number.parseInt(file, 10) - 1];
    return found?.bytes === bytes && found.etag === etag && planned?.samples === samples;
  });
}

function manifestOf(
  splitting: Splitting,
  identity: Identity,
  { prefix }: Target,
  done: PartitionState['done'],
  now: Date,
): DatasetManifest {
  const { source, cut } = identity;
  const partitions = done
    .map(({ file, samples, bytes, sha256 }) => ({ file, samples, bytes, sha256 }))
    .sort((a, b) => Number.parseInt(a.file, 10) - Number.parseInt(b.file, 10));
  return {
    version: 1,
    name: path.basename(prefix),
    format: splitting.format,
    samples: splitting.count,
    bytes: partitions.reduce((sum, partition) => sum + partition.bytes, 0),
    partition_size_bytes: 'samples' in cut ? Math.max(...partitions.map(({ bytes }) => bytes)) : cut.sizeBytes,
    partitions,
    tensors: splitting.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    made_by: {
      tool: 'starmap partition',
      source:
        source.length > 1 ? `${source.length} files, ${source[0]?.name} … ${source.at(-1)?.name}` : source[0]?.name,
      cut: 'samples' in cut ? `${cut.samples} samples` : `${cut.text} (${cut.sizeBytes} bytes)`,
      fingerprint: fingerprint(identity),
    },
    created_at: now.toISOString(),
  };
}
