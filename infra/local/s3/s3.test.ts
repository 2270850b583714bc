import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer } from '../http.ts';
import { type ObjectStore, openObjectStore } from './store.ts';

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
let dir: string;
let objects: ObjectStore;
let server: Server;
let endpoint: string;
let s3: S3Client;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'starmap-s3-'));
  objects = openObjectStore(dir);
  server = createHttpServer(
    { objects, states: {}, logs: {}, lambda: () => Promise.reject(new Error('no Lambda here')) },
    { credentials },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
});

afterAll(async () => {
  s3.destroy();
  await new Promise((resolve) => server.close(resolve));
  objects.close();
  rmSync(dir, { recursive: true, force: true });
});

const Bucket = 'bucket';
const put = (Key: string, Body: string | Uint8Array) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const text = async (Key: string, more: object = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
const fails = (action: Promise<unknown>, name: string, status?: number) =>
  expect(action).rejects.toMatchObject({ name, ...(status ? { $metadata: { httpStatusCode: status } } : {}) });

describe('buckets', () => {
  test('create, head, list', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'another' }));
    await s3.send(new HeadBucketCommand({ Bucket: 'another' }));
    const { Buckets } = await s3.send(new ListBucketsCommand());
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['another', 'bucket']);
  });
  test('NoSuchBucket and a bad name', async () => {
    await fails(s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' })), 'NoSuchBucket', 404);
    await fails(s3.send(new HeadBucketCommand({ Bucket: 'nowhere' })), 'NotFound', 404);
    await fails(s3.send(new CreateBucketCommand({ Bucket: 'A_b' })), 'InvalidBucketName', 400);
  });
});

describe('objects', () => {
  test('a string put echoes its CRC32 and reads back', async () => {
    const answer = await put('a/hello.txt', 'hello');
    expect(answer.ChecksumCRC32).toBe('NhCmhg==');
    expect(answer.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await text('a/hello.txt')).toBe('hello');
  });
  test('a wrong CRC32 is refused and leaves nothing', async () => {
    await fails(
      s3.send(new PutObjectCommand({ Bucket, Key: 'bad', Body: 'hello', ChecksumCRC32: 'AAAAAA==' })),
      'BadDigest',
      400,
    );
    await fails(s3.send(new HeadObjectCommand({ Bucket, Key: 'bad' })), 'NotFound', 404);
  });
  test.each(['CRC32C', 'SHA1', 'SHA256'] as const)('%s is verified and given back', async (ChecksumAlgorithm) => {
    const sent = await s3.send(
      new PutObjectCommand({ Bucket, Key: `sum/${ChecksumAlgorithm}`, Body: 'some bytes', ChecksumAlgorithm }),
    );
    const got = await s3.send(
      new GetObjectCommand({ Bucket, Key: `sum/${ChecksumAlgorithm}`, ChecksumMode: 'ENABLED' }),
    );
    expect(got[`Checksum${ChecksumAlgorithm}`]).toBe(sent[`Checksum${ChecksumAlgorithm}`]);
    expect(await got.Body?.transformToString()).toBe('some bytes');
  });
  test('a streamed aws-chunked put is stored unframed', async () => {
    const bytes = randomBytes(3_000_000);
    const Body = Readable.from(chunks(bytes, 70_001));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: bytes.length }));
    const back = await (await s3.send(new GetObjectCommand({ Bucket, Key: 'streamed' }))).Body?.transformToByteArray();
    expect(Buffer.compare(Buffer.from(back ?? []), bytes)).toBe(0);
  });
  test.each([
    'with space',
    'ünïcode/é/日本',
    'plus+plus',
    '100%',
    '../../etc/passwd',
    'a/../b',
    '..',
    'x'.repeat(1024),
    "it's(*)!",
    'a//b',
    'emoji 🚀',
  ])('key %j', async (Key) => {
    await put(Key, Key);
    expect(await text(Key)).toBe(Key);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    expect(Contents?.map((object) => object.Key)).toContain(Key);
  });
  test('a key of 1,025 bytes is refused', () => fails(put('é'.repeat(513), 'x'), 'KeyTooLongError', 400));
  test('ranges: first, open, suffix, beyond', async () => {
    await put('range', '0123456789');
    const range = async (Range: string) => {
      const answer = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }));
      return [await answer.Body?.transformToString(), answer.ContentRange];
    };
    expect(await range('bytes=0-3')).toEqual(['0123', 'bytes 0-3/10']);
    expect(await range('bytes=7-')).toEqual(['789', 'bytes 7-9/10']);
    expect(await range('bytes=-2')).toEqual(['89', 'bytes 8-9/10']);
    await fails(range('bytes=10-12'), 'InvalidRange', 416);
  });
  test('NoSuchKey names the key', async () => {
    await expect(text('not/there')).rejects.toMatchObject({
      name: 'NoSuchKey',
      message: expect.stringContaining('not/there'),
    });
  });
  test('conditions: create only once, 304, replace a version', async () => {
    const first = await s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '1', IfNoneMatch: '*' }));
    await fails(
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '2', IfNoneMatch: '*' })),
      'PreconditionFailed',
      412,
    );
    await expect(text('once', { IfNoneMatch: first.ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await fails(
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '2', IfMatch: '"0"' })),
      'PreconditionFailed',
      412,
    );
    await s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '3', IfMatch: first.ETag }));
    expect(await text('once')).toBe('3');
  });
  test('copy keeps content type and user metadata', async () => {
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'from me', Body: 'x', ContentType: 'text/x', Metadata: { who: 'me' } }),
    );
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from%20me` }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }));
    expect([head.ContentType, head.Metadata]).toEqual(['text/x', { who: 'me' }]);
  });
  test('40 parallel puts of one key are never torn', async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => String.fromCharCode(48 + index).repeat(200_000));
    await Promise.all(bodies.map((body) => put('contested', body)));
    expect(bodies).toContain(await text('contested'));
  });
});

describe('listings', () => {
  beforeAll(async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `many/${index}`);
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map((key) => put(key, 'x')));
  });
  test('2,500 keys come in pages, in byte order, each once', async () => {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix: 'many/' }))
      keys.push(...(page.Contents ?? []).map((object) => object.Key as string));
    expect(keys).toEqual(Array.from({ length: 2500 }, (_, index) => `many/${index}`).sort());
  });
  test('StartAfter and MaxKeys', async () => {
    const { Contents, IsTruncated } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'many/', StartAfter: 'many/998', MaxKeys: 1 }),
    );
    expect([Contents?.map((object) => object.Key), IsTruncated]).toEqual([['many/999'], false]);
  });
  test('delimiter folds keys into common prefixes, over pages', async () => {
    for (const key of ['d/a/1', 'd/a/2', 'd/b/1', 'd/c', 'd/e/1']) await put(key, 'x');
    const entries: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2(
      { client: s3, pageSize: 2 },
      { Bucket, Prefix: 'd/', Delimiter: '/' },
    )) {
      entries.push(
        ...(page.Contents ?? []).map((object) => object.Key),
        ...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix),
      );
    }
    expect(entries).toEqual(['d/a/', 'd/b/', 'd/c', 'd/e/']);
  });
  test('delete of 1,000 keys at once', async () => {
    const Objects = Array.from({ length: 1000 }, (_, index) => ({ Key: `many/${index}` }));
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toHaveLength(1000);
    await fails(s3.send(new HeadObjectCommand({ Bucket, Key: 'many/1' })), 'NotFound', 404);
    await s3.send(new HeadObjectCommand({ Bucket, Key: 'many/1000' }));
  });
});

describe('large objects', () => {
  test('100 MB streamed in and out', async () => {
    const block = randomBytes(1_000_000);
    const Body = Readable.from(Array.from({ length: 100 }, () => block));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body, ContentLength: 100_000_000 }));
    let sizeBytes = 0;
    const { Body: back } = await s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    for await (const chunk of back as Readable) sizeBytes += (chunk as Buffer).length;
    expect(sizeBytes).toBe(100_000_000);
  });
  test('multipart by lib-storage: ETag, range across parts', async () => {
    const bytes = randomBytes(12 * 2 ** 20);
    const upload = new Upload({
      client: s3,
      params: { Bucket, Key: 'parts', Body: Readable.from(chunks(bytes, 100_000)) },
      partSize: 5 * 2 ** 20,
    });
    const { ETag } = await upload.done();
    expect(ETag).toMatch(/-3"$/);
    const edge = 5 * 2 ** 20;
    const part = await (
      await s3.send(new GetObjectCommand({ Bucket, Key: 'parts', Range: `bytes=${edge - 10}-${edge + 9}` }))
    ).Body?.transformToByteArray();
    expect(Buffer.from(part ?? []).equals(bytes.subarray(edge - 10, edge + 10))).toBe(true);
  });
  test('an aborted upload leaves no object and forgets its parts', async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'aborted' }));
    await s3.send(new UploadPartCommand({ Bucket, Key: 'aborted', UploadId, PartNumber: 1, Body: 'x' }));
    expect((await s3.send(new ListPartsCommand({ Bucket, Key: 'aborted', UploadId }))).Parts).toHaveLength(1);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId }));
    await fails(s3.send(new ListPartsCommand({ Bucket, Key: 'aborted', UploadId })), 'NoSuchUpload', 404);
    await fails(s3.send(new HeadObjectCommand({ Bucket, Key: 'aborted' })), 'NotFound', 404);
  });
  test('8 parallel ranged reads add up', async () => {
    const size = 100_000_000 / 8;
    const parts = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        (
          await s3.send(
            new GetObjectCommand({ Bucket, Key: 'large', Range: `bytes=${index * size}-${(index + 1) * size - 1}` }),
          )
        ).Body?.transformToByteArray(),
      ),
    );
    expect(parts.map((part) => part?.length)).toEqual(Array(8).fill(size));
  });
});

describe('who may ask', () => {
  test('presigned get and put work; a tampered or expired one is refused', async () => {
    const putUrl = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 });
    expect((await fetch(putUrl, { method: 'PUT', body: 'by url' })).status).toBe(200);
    const getUrl = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'signed' }), { expiresIn: 60 });
    expect(await (await fetch(getUrl)).text()).toBe('by url');
    expect((await fetch(getUrl.replace('/signed', '/range'))).status).toBe(403);
    const old = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'signed' }), {
      expiresIn: 1,
      signingDate: new Date(Date.now() - 60_000),
    });
    expect((await fetch(old)).status).toBe(403);
  });
  test('a wrong secret, an unknown key and no signature are refused', async () => {
    const other = (keys: typeof credentials) =>
      new S3Client({ endpoint, region: 'us-east-1', credentials: keys, forcePathStyle: true }).send(
        new ListBucketsCommand(),
      );
    await fails(other({ ...credentials, secretAccessKey: 'wrong' }), 'SignatureDoesNotMatch', 403);
    await fails(other({ ...credentials, accessKeyId: 'AKIAOTHER' }), 'InvalidAccessKeyId', 403);
    expect((await fetch(`${endpoint}/bucket/range`)).status).toBe(403);
  });
  test('a web page is refused even with a good signature', async () => {
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'range' }));
    expect((await fetch(url, { headers: { origin: 'https://example.com' } })).status).toBe(403);
  });
  test('what is not covered says so', () =>
    expect(s3.send(new GetObjectAclCommand({ Bucket, Key: 'range' }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'not supported by the local runtime: ?acl',
    }));
});

test('objects survive a restart', async () => {
  await put('kept', 'still here');
  const again = openObjectStore(dir);
  const { body } = await again.getObject(Bucket, 'kept');
  expect(Buffer.concat(await body.toArray()).toString()).toBe('still here');
  again.close();
});

function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
