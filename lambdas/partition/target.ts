import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type DatasetManifest, datasetManifest } from '../../lib/domain/dataset.ts';
import { DATASET_MANIFEST, isPartitionKey } from '../../lib/domain/keys.ts';
import { foreignKey, PARTITION_STATE, type PartitionState, partitionState } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { isAbsent, toFailure } from '../s3/errors.ts';
import { Refusal } from './refusal.ts';
import { type Source, START_OVER } from './source-files.ts';

/** What lies where a dataset shall go. */
export interface Target {
  bucket: string;
  prefix: string;
  /** Sizes and ETags by key. */
  objects: Map<string, { bytes: number; etag: string }>;
  manifest: DatasetManifest | undefined;
  state: PartitionState | undefined;
}

export async function openTarget(s3: S3Client, { bucket, prefix }: Pick<Target, 'bucket' | 'prefix'>): Promise<Target> {
  const objects: Target['objects'] = new Map();
  try {
    // A folder made in the S3 console is an empty object with the folder's name.
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: `${prefix}/` }))
      for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? [])
        if (Key !== `${prefix}/`) objects.set(Key, { bytes: Size, etag: ETag });
    const [manifest, state] = await Promise.all([
      readJson(s3, bucket, `${prefix}/${DATASET_MANIFEST}`, datasetManifest),
      readJson(s3, bucket, `${prefix}/${PARTITION_STATE}`, partitionState),
    ]);
    return { bucket, prefix, objects, manifest, state };
  } catch (error) {
    throw toFailure(error, `Looking into s3://${bucket}/${prefix}/`);
  }
}

/** Where other things lie, or what is split, nothing is written; and what is there is replaced only when told to. */
export function requireOwn({ bucket, prefix, objects, manifest, state }: Target, source: Source, overwrite: boolean) {
  const where = `s3://${bucket}/${prefix}`;
  const foreign = foreignKey(prefix, [...objects.keys()]);
  if (foreign) throw new Refusal('out', `${where}/ holds other things too, such as ${foreign}; choose another name`);
  const names = new Set([...objects.keys()].map((key) => `s3://${bucket}/${key}`));
  if (source.files.some(({ name }) => names.has(name)))
    throw new Refusal('out', `${where}/ is what is to be split: its files would give way; choose another name`);
  // Files that nothing tells of are a dataset too.
  if (overwrite || objects.size === 0 || manifest || state) return;
  throw new Refusal('out', says`${where} already holds ${objects.size} files; ${OTHER_OR_REPLACE}`);
}

export const OTHER_OR_REPLACE = says`choose another name, or replace it with ${option('overwrite')}`;

/** Throws where other partitions lie there than those that were written: somebody else writes to the same place. */
export function requireWritten({ bucket, prefix, objects }: Target, done: PartitionState['done']): void {
  const etags = new Map(done.map(({ file, etag }) => [`${prefix}/${file}`, etag]));
  const keys = [...etags.keys(), ...[...objects.keys()].filter(isPartitionKey)];
  const other = keys.find((key) => objects.get(key)?.etag !== etags.get(key));
  if (other) throw writtenByAnother(bucket, other);
}

export function writtenByAnother(bucket: string, key: string): Refusal {
  const why = `s3://${bucket}/${key} is not as it was written: another process writes to the same place`;
  return new Refusal('out', says`${why}; when that has ended, ${START_OVER}, or choose another name`);
}

export async function saveState(s3: S3Client, { bucket, prefix }: Target, state: PartitionState): Promise<void> {
  await putJson(s3, bucket, `${prefix}/${PARTITION_STATE}`, state);
}

/** The manifest makes a dataset of the files: it is written last, then the state goes. */
export async function completeDataset(s3: S3Client, target: Target, manifest: DatasetManifest): Promise<void> {
  const { bucket, prefix } = target;
  await putJson(s3, bucket, `${prefix}/${DATASET_MANIFEST}`, manifest);
  await deleteKeys(s3, bucket, [`${prefix}/${PARTITION_STATE}`]);
}

/** Removes files of the dataset. The manifest goes first: what is left does not look whole. */
export async function removeFiles(s3: S3Client, { bucket, prefix }: Target, keys: string[]): Promise<void> {
  const manifest = `${prefix}/${DATASET_MANIFEST}`;
  if (keys.includes(manifest)) await deleteKeys(s3, bucket, [manifest]);
  const others = keys.filter((key) => key !== manifest);
  for (let from = 0; from < others.length; from += 1000) await deleteKeys(s3, bucket, others.slice(from, from + 1000));
}

/** Parts of partitions whose writing was cut off cost money for as long as they are kept. */
export async function abortUploads(s3: S3Client, { bucket, prefix }: Target): Promise<void> {
  const found = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${prefix}/` }));
  // The local runtime lists those of the whole bucket.
  for (const { Key, UploadId } of found.Uploads ?? [])
    if (Key?.startsWith(`${prefix}/`))
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch((error) => {
        if (!isAbsent(error)) throw error;
      });
}

async function readJson<T>(
  s3: S3Client,
  bucket: string,
  key: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
): Promise<T | undefined> {
  const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch((error) => {
    if (!isAbsent(error)) throw error;
    return undefined;
  });
  const text = await found?.Body?.transformToString();
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function putJson(s3: S3Client, bucket: string, key: string, value: unknown): Promise<void> {
  const Body = `${JSON.stringify(value, null, 2)}\n`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/json' }));
}

async function deleteKeys(s3: S3Client, bucket: string, keys: string[]): Promise<void> {
  const Objects = keys.map((Key) => ({ Key }));
  const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  const [failed] = Errors ?? [];
  if (failed) throw new Refusal('out', `s3://${bucket}/${failed.Key} could not be deleted: ${failed.Message}`);
}
