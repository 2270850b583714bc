import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readJson } from './use-resource.ts';

test('an answer that did not arrive whole is a failure, not an answer without data', async () => {
  const server = createServer((_, response) => response.end('{"rows": ['));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  await expect(readJson(`http://127.0.0.1:${port}/`, new AbortController().signal)).rejects.toThrow('JSON');
});
