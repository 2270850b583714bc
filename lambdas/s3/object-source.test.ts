import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { accountOf } from './client.ts';
import { openObject } from './object-source.ts';
import { openDownloads, type StartDownload } from './objects.ts';
import { plainObjects } from './plain-objects.ts';
import { openRequestMeter } from './request-meter.ts';
import { sdkObjects } from './sdk-objects.ts';

const content = new Uint8Array(3_000_000).map((_, i) => (i * 31 + (i >> 8)) & 255);
let server: Server | undefined;
let ranges: string[] = [];

/** An S3 that serves one object and breaks the connection after so many bytes, answer by answer. */
async function serve(breakAfter: (number | undefined)[], habit = { readsTail: true }) {
  ranges = [];
  server = createServer((request, response) => {
    const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')?.map(Number) ?? [];
    ranges.push(`${start}-${end}`);
    const body = content.subarray(start, Math.min((end ?? 0) + 1, content.length));
    response.writeHead(206, { 'content-length': body.length, etag: '"e"' });
    const bytes = breakAfter[ranges.length - 1];
    if (bytes === undefined) response.end(body);
    else response.write(body.subarray(0, bytes), () => response.destroy());
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1 });
  const objects = plainObjects(accountOf(s3), openRequestMeter(), async () => sdkObjects(s3));
  const ref = { bucket: 'b', key: 'd/1.safetensors', size_bytes: content.length, etag: '"e"' };
  return openObject(openDownloads(objects), ref, habit);
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

test('a file read from front to back is one request', async () => {
  const object = await serve([]);
  expect(await object.read(0, 8)).toEqual(content.slice(0, 8));
  expect(await object.read(8, 5_000)).toEqual(content.slice(8, 5_000));
  expect(await object.read(5_000, content.length)).toEqual(content.slice(5_000));
  await object.close();
  expect(ranges).toEqual([`0-${content.length - 1}`]);
});

test('small reads side by side share a request; what is far away is a request of its own', async () => {
  const object = await serve([]);
  for (const start of [1_000_000, 1_000_030, 1_020_000]) {
    expect(await object.read(start, start + 30)).toEqual(content.slice(start, start + 30));
  }
  expect(await object.read(2_500_000, 2_700_000)).toEqual(content.slice(2_500_000, 2_700_000));
  await object.close();
  expect(ranges).toHaveLength(2);
});

test('the tail comes beside the head, and is read without another request', async () => {
  const object = await serve([]);
  object.prefetchTail();
  expect(await object.read(0, 8)).toEqual(content.slice(0, 8));
  for (const start of [content.length - 128 * 1024, content.length - 40]) {
    expect(await object.read(start, start + 40)).toEqual(content.slice(start, start + 40));
  }
  await object.close();
  expect(ranges.toSorted()).toEqual([
    `0-${content.length - 1}`,
    `${content.length - 128 * 1024}-${content.length - 1}`,
  ]);
});

test('the tail is not fetched where that of the object before was not needed, and is again when one was', async () => {
  const habit = { readsTail: true };
  const whole = `0-${content.length - 1}`;
  const tail = `${content.length - 128 * 1024}-${content.length - 1}`;
  const headOnly = await serve([], habit);
  headOnly.prefetchTail();
  await headOnly.read(0, 8);
  await headOnly.close();
  expect(ranges.toSorted()).toEqual([whole, tail]);
  for (const asked of [
    [whole, `${content.length - 40}-${content.length - 1}`],
    [whole, tail],
  ]) {
    server?.closeAllConnections();
    server?.close();
    const object = await serve([], habit);
    object.prefetchTail();
    await object.read(0, 8);
    expect(await object.read(content.length - 40, content.length)).toEqual(content.slice(content.length - 40));
    await object.close();
    expect(ranges.toSorted()).toEqual(asked);
  }
});

test('a tail that cannot be had fails only who reads it', async () => {
  const object = await serve(Array.from({ length: 10 }, () => 0));
  object.prefetchTail();
  const wanted = object.read(content.length - 40, content.length);
  await expect(wanted).rejects.toMatchObject({ name: 'TransientS3Error' });
  await object.close();
});

test('a broken download goes on where it stopped', async () => {
  const object = await serve([100_000, 700_000, undefined]);
  expect(await object.read(0, content.length)).toEqual(content);
  expect(ranges).toHaveLength(3);
  const starts = ranges.map((range) => Number(range.split('-')[0]));
  expect(starts[0]).toBe(0);
  expect(starts[1]).toBeLessThanOrEqual(100_000);
  expect(starts[2]).toBeLessThanOrEqual(800_000);
});

test('reading on behind a block that was received whole is no broken download: none of the attempts is spent on it', async () => {
  const object = await serve([undefined, 0, 0, 0, undefined]);
  expect(await object.read(1_000_000, 1_000_030)).toEqual(content.slice(1_000_000, 1_000_030));
  expect(await object.read(1_060_000, 1_200_000)).toEqual(content.slice(1_060_000, 1_200_000));
  await object.close();
  expect(ranges).toEqual(['1000000-1065535', ...Array.from({ length: 4 }, () => '1065536-1199999')]);
});

test('a download that breaks again and again without a byte is a transient failure that names the file', async () => {
  const object = await serve([0, 0, 0, 0, 0, 0]);
  await expect(object.read(0, 1_000_000)).rejects.toMatchObject({
    name: 'TransientS3Error',
    message: expect.stringContaining('d/1.safetensors: reading'),
  });
});

test('a GET that begins while the object is let go of receives nothing: the memory may be used for another by then', async () => {
  const asked: number[] = [];
  let openGets = 0;
  // The first GET breaks after ten bytes; the object is let go of when the second one has been asked for.
  const startDownload: StartDownload = async (_ref, first) => {
    asked.push(first);
    if (asked.length === 2) await object.close();
    openGets += 1;
    let received = 0;
    return {
      async receive(into) {
        if (asked.length === 1 && received > 0) throw Object.assign(new Error('broken'), { code: 'ECONNRESET' });
        received += 10;
        into.fill(1, 0, 10);
        return 10;
      },
      close() {
        openGets -= 1;
      },
    };
  };
  const object = openObject(startDownload, { bucket: 'b', key: 'd/1.safetensors', size_bytes: 100, etag: '"e"' });
  const memory = new Uint8Array(100);
  let filled = 0;
  const reading = (async () => {
    for await (const piece of object.stream(0, 100, () => memory.subarray(filled))) filled += piece.length;
  })();
  await expect(reading).rejects.toThrow('d/1.safetensors');
  expect(asked).toEqual([0, 10]);
  expect(openGets).toBe(0);
  expect(memory.findLastIndex((byte) => byte > 0)).toBe(9);
});

test('who stops with the last bytes in hand has let go of the connection', async () => {
  const closed: number[] = [];
  const startDownload: StartDownload = async (_ref, first, last) => ({
    receive: async (into) => into.fill(1).length,
    close: () => void closed.push(first, last),
  });
  const object = openObject(startDownload, { bucket: 'b', key: 'd/1.parquet', size_bytes: 100, etag: '"e"' });
  for (const start of [10, 40]) {
    let left = 30;
    for await (const piece of object.stream(start, start + 30, () => new Uint8Array(15))) {
      left -= piece.length;
      if (left === 0) break;
    }
  }
  expect(closed).toEqual([10, 39, 40, 69]);
});
