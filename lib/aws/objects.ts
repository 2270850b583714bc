import type { Readable } from 'node:stream';
import {
  type _Error,
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { BackendError } from '../env.ts';
import { clients } from './clients.ts';
import { codeOf, inPlainWords } from './plain-words.ts';

export interface StoredObject {
  key: string;
  sizeBytes: number;
  etag: string;
  /** ISO time; null where the service does not say. */
  modifiedAt: string | null;
}

export interface OpenObject {
  body: Readable;
  /** Of the part that was asked for. */
  sizeBytes: number;
  contentType: string;
  etag: string;
}

/** Bytes of an object, both ends included; without `end` to the object's end. */
export interface ByteRange {
  start: number;
  end?: number;
}

/** Stores an object in one request. @returns its etag. */
export async function putObject(
  bucket: string,
  key: string,
  body: Uint8Array | string,
  contentType = 'application/octet-stream',
): Promise<string> {
  const { s3 } = clients();
  const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType });
  const { ETag } = await inPlainWords(s3.send(put), { bucket, key });
  return bare(ETag);
}

/** Stores a stream of unknown length (multipart above 8 MiB); nothing is visible until it is whole. */
export async function uploadObject(
  bucket: string,
  key: string,
  body: Readable,
  contentType = 'application/octet-stream',
): Promise<void> {
  const upload = new Upload({
    client: clients().s3,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: contentType },
    queueSize: 4,
    partSize: 8 * 2 ** 20,
  });
  await inPlainWords(upload.done(), { bucket, key });
}

/** Opens an object for reading; the caller consumes or destroys the body. */
export async function getObject(bucket: string, key: string, range?: ByteRange): Promise<OpenObject> {
  const get = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...(range ? { Range: `bytes=${range.start}-${range.end ?? ''}` } : {}),
  });
  return toOpenObject(await inPlainWords(clients().s3.send(get), { bucket, key }));
}

/** Like getObject, but undefined where there is no such object (or bucket). */
export async function maybeGetObject(bucket: string, key: string, range?: ByteRange): Promise<OpenObject | undefined> {
  return unlessAbsent(getObject(bucket, key, range));
}

/** The whole object as bytes. */
export async function readObject(bucket: string, key: string, range?: ByteRange): Promise<Uint8Array> {
  const { body } = await getObject(bucket, key, range);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The whole object as text; undefined where there is none. */
export async function maybeReadText(bucket: string, key: string): Promise<string | undefined> {
  const bytes = await unlessAbsent(readObject(bucket, key));
  return bytes && new TextDecoder().decode(bytes);
}

/** Size and etag of an object; undefined where there is none. */
export async function maybeHeadObject(bucket: string, key: string): Promise<StoredObject | undefined> {
  const head = inPlainWords(clients().s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })), { bucket, key });
  const found = await unlessAbsent(head);
  return (
    found && {
      key,
      sizeBytes: found.ContentLength ?? 0,
      etag: bare(found.ETag),
      modifiedAt: found.LastModified?.toISOString() ?? null,
    }
  );
}

/** Whether the bucket is there; throws where it may not be used or nobody answers. */
export async function bucketExists(bucket: string, options: { abortSignal?: AbortSignal } = {}): Promise<boolean> {
  const head = clients().s3.send(new HeadBucketCommand({ Bucket: bucket }), options);
  return (await unlessAbsent(inPlainWords(head, { bucket }).then(() => true))) ?? false;
}

/**
 * Every object under a prefix in byte order of its key, page after page.
 * @param options.delimiter `/` leaves out what lies in deeper folders.
 */
export async function* listObjects(
  bucket: string,
  prefix: string,
  options: { delimiter?: '/'; startAfter?: string } = {},
): AsyncGenerator<StoredObject> {
  for await (const page of pages(bucket, prefix, options))
    for (const object of page.Contents ?? [])
      yield {
        key: object.Key ?? '',
        sizeBytes: object.Size ?? 0,
        etag: bare(object.ETag),
        modifiedAt: object.LastModified?.toISOString() ?? null,
      };
}

/** The folders directly under a prefix (which ends with `/`), each ending with `/`. */
export async function listPrefixes(bucket: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages(bucket, prefix, { delimiter: '/' }))
    for (const common of page.CommonPrefixes ?? []) if (common.Prefix) found.push(common.Prefix);
  return found;
}

/** Copies an object of up to 5 GB within its bucket. */
export async function copyObject(bucket: string, from: string, to: string): Promise<void> {
  const CopySource = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const copy = new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource });
  await inPlainWords(clients().s3.send(copy), { bucket, key: from });
}

/** Most keys that an error names. */
const NAMED = 3;

/**
 * Deletes objects, 1,000 a request, in their order from one request to the next.
 * @throws BackendError that names those that are still there, after all the others were deleted.
 */
export async function deleteObjects(bucket: string, keys: string[]): Promise<void> {
  const failed: _Error[] = [];
  for (let from = 0; from < keys.length; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }));
    const result = await inPlainWords(
      clients().s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })),
      { bucket },
    );
    failed.push(...(result.Errors ?? []));
  }
  if (failed.length === 0) return;
  const named = failed.slice(0, NAMED).map(({ Key, Code, Message }) => `s3://${bucket}/${Key} (${Message || Code})`);
  const more = failed.length > NAMED ? [`${failed.length - NAMED} more`] : [];
  throw new BackendError(
    failed[0]?.Code ?? 'Error',
    `${failed.length} of ${keys.length} objects could not be deleted: ${[...named, ...more].join(', ')}.`,
  );
}

async function* pages(bucket: string, prefix: string, options: { delimiter?: '/'; startAfter?: string }) {
  let token: string | undefined;
  do {
    const page = await inPlainWords(
      clients().s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: options.delimiter,
          StartAfter: token ? undefined : options.startAfter,
          ContinuationToken: token,
        }),
      ),
      { bucket, key: prefix },
    );
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token);
}

function toOpenObject(output: GetObjectCommandOutput): OpenObject {
  if (!output.Body) throw new Error('S3 answered GetObject without a body');
  return {
    body: output.Body as Readable,
    sizeBytes: output.ContentLength ?? 0,
    contentType: output.ContentType ?? 'application/octet-stream',
    etag: bare(output.ETag),
  };
}

async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (['NoSuchKey', 'NotFound', 'NoSuchBucket'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

const bare = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');
