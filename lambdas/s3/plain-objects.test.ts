import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { accountOf } from './client.ts';
import { type Download, openDownloads, type StartDownload } from './objects.ts';
import { plainObjects } from './plain-objects.ts';
import { openRequestMeter } from './request-meter.ts';
import { sdkObjects } from './sdk-objects.ts';

const content = new Uint8Array(2_000_000).map((_, i) => (i * 31 + (i >> 8)) & 255);
const ref = { bucket: 'b', key: 'd/1 ü.safetensors', size_bytes: content.length, etag: '"e"' };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

const part: Answer = (request, response) => {
  const [, first = 0, last = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')?.map(Number) ?? [];
  const body = content.subarray(first, last + 1);
  response.writeHead(206, { 'content-length': body.length, etag: '"e"' }).end(body);
};

/** An S3 of one object. `seen` are its requests, as "connection number path". */
async function serve(answer: Answer, tls?: { key: Buffer; cert: Buffer }) {
  const seen: string[] = [];
  const sockets: unknown[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (!sockets.includes(request.socket)) sockets.push(request.socket);
    seen.push(`${sockets.indexOf(request.socket)} ${request.url}`);
    answer(request, response, seen.length);
  };
  const server: Server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const s3 = new S3Client({
    endpoint: `${tls ? 'https' : 'http'}://localhost:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const meter = openRequestMeter();
  const objects = plainObjects(accountOf(s3), meter, async () => sdkObjects(s3));
  return { objects, start: openDownloads(objects), seen, meter, server };
}

async function receive(download: Download, sizes: number[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let turn = 0; ; turn++) {
    const into = new Uint8Array(new SharedArrayBuffer(sizes[turn % sizes.length] ?? 1));
    const count = await download.receive(into);
    if (count === 0) return Buffer.concat(pieces);
    pieces.push(into.subarray(0, count));
  }
}

async function whole(start: StartDownload): Promise<Uint8Array> {
  const download = await start(ref, 0, content.length - 1);
  const bytes = await receive(download, [300_000]);
  download.close();
  return bytes;
}

test.each([[[1_000_000]], [[65_536]], [[7, 100_003, 1, 64]]])(
  'bytes arrive as they are, taken in pieces of %j',
  async (sizes) => {
    const { start } = await serve(part);
    const download = await start(ref, 1_000, 1_500_000);
    expect(Buffer.compare(await receive(download, sizes), content.subarray(1_000, 1_500_001))).toBe(0);
  },
);

test('one connection serves one download after another, each counted as a request', async () => {
  const { start, seen, meter } = await serve(part);
  await whole(start);
  await whole(start);
  const asked = '/b/d/1%20%C3%BC.safetensors';
  expect(seen).toEqual([`0 ${asked}`, `0 ${asked}`]);
  expect(meter.secondsEach).toHaveLength(2);
});

test('a kept connection that the server has closed is replaced', async () => {
  const { start, server } = await serve(part);
  await whole(start);
  server.closeAllConnections();
  expect(Buffer.compare(await whole(start), content)).toBe(0);
});

test('a download that is given up does not serve the next one with its left-over bytes', async () => {
  const { start, seen } = await serve(part);
  const given = await start(ref, 0, content.length - 1);
  await given.receive(new Uint8Array(10));
  given.close();
  expect(Buffer.compare(await whole(start), content)).toBe(0);
  expect(seen.map((request) => request[0])).toEqual(['0', '1']);
});

test('what is no plain answer is left to the SDK: a body of unknown length, an error with its name', async () => {
  const chunked = await serve((request, response, number) => {
    if (number > 1) return part(request, response, number);
    response.writeHead(206).write(content.subarray(0, 1000));
    response.end(content.subarray(1000));
  });
  expect(Buffer.compare(await whole(chunked.start), content)).toBe(0);
  const replaced = await serve((_, response) => {
    response.writeHead(412, { 'content-type': 'application/xml' });
    response.end('<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>');
  });
  await expect(whole(replaced.start)).rejects.toMatchObject({ name: 'PreconditionFailed' });
});

test('a connection that breaks in the middle is a broken connection', async () => {
  const { start } = await serve((_, response) => {
    response
      .writeHead(206, { 'content-length': content.length })
      .write(content.subarray(0, 500_000), () => response.destroy());
  });
  await expect(whole(start)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('an object is written and its version asked for by one request each', async () => {
  const bodies: Buffer[] = [];
  const { objects, seen, meter } = await serve(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (request.method === 'PUT') bodies.push(body);
    const { 'content-type': type, 'x-amz-content-sha256': sha256 } = request.headers;
    if (request.method === 'PUT') expect([type, sha256]).toEqual(['text/plain', hash('sha256', body, 'hex')]);
    response.writeHead(200, { etag: '"v2"', 'content-length': request.method === 'HEAD' ? 123 : 0 }).end();
  });
  await objects.put({ bucket: 'b', key: 'new', contentType: 'text/plain' }, Buffer.from(content));
  await objects.put({ bucket: 'b', key: 'empty', contentType: 'text/plain' }, new Uint8Array());
  expect(await objects.etag('b', 'new')).toBe('"v2"');
  expect(bodies).toEqual([Buffer.from(content), Buffer.alloc(0)]);
  expect(seen).toEqual(['0 /b/new', '0 /b/empty', '0 /b/new']);
  expect(meter.secondsEach).toHaveLength(3);
});

test('a write that is refused is told by the SDK, with the name of the error', async () => {
  const { objects, seen } = await serve((_, response) => {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
  });
  const target = { bucket: 'b', key: 'new', contentType: 'text/plain' };
  await expect(objects.put(target, Buffer.from('x'))).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(seen).toHaveLength(2);
});

test('an object in parts that S3 joined only at the second try is there; each answer may be of unknown length', async () => {
  const bodies: string[] = [];
  const { objects, seen } = await serve(async (request, response, number) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    if (request.method === 'PUT') return response.writeHead(200, { etag: '"p"', 'content-length': 0 }).end();
    const completed = number === 3 ? '<Error><Code>InternalError</Code></Error>' : '<CompleteMultipartUploadResult/>';
    response.writeHead(200).write('<?xml version="1.0"?>');
    response.end(number === 1 ? '<InitiateMultipartUploadResult><UploadId>u-1</UploadId></I>' : completed);
  });
  const upload = await objects.createUpload({ bucket: 'b', key: 'new', contentType: 'text/plain' });
  await objects.completeUpload(upload, [await objects.sendPart(upload, 1, Buffer.from('part'))]);
  expect(seen.map((request) => request.slice(2))).toEqual([
    '/b/new?uploads=',
    '/b/new?partNumber=1&uploadId=u-1',
    '/b/new?uploadId=u-1',
    '/b/new?uploadId=u-1',
  ]);
  expect(bodies[2]).toContain('<Part><PartNumber>1</PartNumber><ETag>"p"</ETag></Part>');
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test.skipIf(!hasOpenssl)('over TLS, as on AWS, and not from a server that the system does not trust', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-tls-'));
  const trusted = getCACertificates('default');
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [string, string];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '1',
      ...name,
    ]);
    const { start } = await serve(part, { key: readFileSync(key), cert: readFileSync(cert) });
    await expect(whole(start)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    setDefaultCACertificates([...trusted, readFileSync(cert, 'utf8')]);
    expect(Buffer.compare(await whole(start), content)).toBe(0);
  } finally {
    setDefaultCACertificates(trusted);
    rmSync(folder, { recursive: true });
  }
});
