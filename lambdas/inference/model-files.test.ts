import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { accountFromEnvironment } from '../s3/account.ts';
import { plainObjects } from '../s3/plain-objects.ts';
import { openRequestMeter } from '../s3/request-meter.ts';
import { modelFilesInS3 } from './model-files.ts';

const content = Buffer.alloc(300_000, 'weights of a model ');
let server: Server | undefined;
let asked = 0;

/** Model files in an S3 that breaks the connection in the middle of its first answers. */
async function serve(broken: number) {
  asked = 0;
  server = createServer((_, response) => {
    asked += 1;
    response.writeHead(200, { 'content-length': content.length, etag: '"e"' });
    if (asked > broken) response.end(content);
    else response.write(content.subarray(0, 100_000), () => response.destroy());
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const account = accountFromEnvironment({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  const noSdk = () => Promise.reject(new Error('the SDK was asked'));
  return modelFilesInS3(plainObjects(account, openRequestMeter(), noSdk));
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

test('a model file whose download breaks is fetched again, whole', async () => {
  const files = await serve(2);
  const { bytes, etag } = await files.read('bucket', 'models/m/model.onnx');
  expect(content.equals(bytes)).toBe(true);
  expect([etag, asked]).toEqual(['"e"', 3]);
});

test('one whose download breaks again and again is a transient failure that names it', async () => {
  const files = await serve(10);
  await expect(files.read('bucket', 'models/m/model.onnx')).rejects.toMatchObject({
    name: 'TransientS3Error',
    message: expect.stringContaining('models/m/model.onnx: reading the model'),
  });
  expect(asked).toBe(3);
});
