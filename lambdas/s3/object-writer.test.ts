import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Faults } from '../../infra/local/faults.ts';
import { createHttpServer } from '../../infra/local/http.ts';
import { type ObjectStore, openObjectStore } from '../../infra/local/s3/store.ts';
import { ROW_GROUP_ROWS, writeParquet } from '../parquet-file.ts';
import { accountOf } from './client.ts';
import { writeObject } from './object-writer.ts';
import { plainObjects } from './plain-objects.ts';
import { openRequestMeter } from './request-meter.ts';
import { sdkObjects } from './sdk-objects.ts';

const faults: Faults = { throttle: {} };
let dir: string;
let objects: ObjectStore;
let server: Server;
let s3: S3Client;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'starmap-writer-'));
  objects = openObjectStore(dir);
  await objects.createBucket('b');
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  const lambda = () => Promise.reject(new Error('no Lambda here'));
  server = createHttpServer({ objects, states: {}, logs: {}, lambda }, { credentials, faults });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
});

afterAll(async () => {
  s3.destroy();
  await new Promise((resolve) => server.close(resolve));
  objects.close();
  rmSync(dir, { recursive: true, force: true });
});

const read = async (key: string) => Buffer.concat(await (await objects.getObject('b', key)).body.toArray());
const keys = async () => (await objects.listObjects('b', {})).objects.map((object) => object.key);

test.each([0, 10, 5 * 2 ** 20, 5 * 2 ** 20 + 1, 13_000_000])(
  '%i bytes in odd pieces arrive as they were, by the SDK and without it',
  async (size) => {
    const noSdk = () => Promise.reject(new Error('the SDK was asked'));
    const ways = { sdk: sdkObjects(s3), plain: plainObjects(accountOf(s3), openRequestMeter(), noSdk) };
    const bytes = Buffer.alloc(size, 'abcdefghijk');
    for (const [way, by] of Object.entries(ways)) {
      const key = `sized/${way} ü ${size}`;
      const writer = writeObject(by, { bucket: 'b', key, contentType: 'text/plain' });
      for (let at = 0; at < size; at += 777_777) await writer.write(bytes.subarray(at, at + 777_777));
      expect(await keys()).not.toContain(key);
      await writer.finish();
      expect((await read(key)).equals(bytes)).toBe(true);
      expect(await objects.headObject('b', key)).toMatchObject({ contentType: 'text/plain' });
    }
  },
);

test('what is given up, or fails on the way, leaves nothing under the name', async () => {
  const given = writeObject(sdkObjects(s3), { bucket: 'b', key: 'given-up', contentType: 'text/plain' });
  await given.write(Buffer.alloc(12_000_000));
  await given.abort();
  const failing = writeObject(sdkObjects(s3), { bucket: 'b', key: 'failing', contentType: 'text/plain' });
  await failing.write(Buffer.alloc(6_000_000));
  faults.s3 = { delayMs: 0, errorRate: 1 };
  await expect(failing.finish()).rejects.toMatchObject({
    name: 'TransientS3Error',
    message: expect.stringContaining('s3://b/failing'),
  });
  faults.s3 = undefined;
  await failing.abort();
  expect(await keys()).not.toEqual(expect.arrayContaining(['given-up', 'failing']));
});

test('a parquet file is written in row groups of a fixed size, however the rows come', async () => {
  const columns = [
    { name: 'row', type: 'INT32' as const },
    { name: 'name', type: 'STRING' as const },
  ];
  const parquet = writeParquet(
    writeObject(sdkObjects(s3), { bucket: 'b', key: 'p.parquet', contentType: 'x' }),
    columns,
    { a: 1 },
  );
  const rows = ROW_GROUP_ROWS + 1_000;
  for (let at = 0; at < rows; at += 9_999) {
    const count = Math.min(9_999, rows - at);
    await parquet.append(
      [Int32Array.from({ length: count }, (_, i) => at + i), new Array<string>(count).fill('x')],
      count,
    );
  }
  await parquet.finish();
  const bytes = await read('p.parquet');
  const metadata = parquetMetadata(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
  );
  expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([ROW_GROUP_ROWS, 1_000]);
});
