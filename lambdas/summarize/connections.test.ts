import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openConnections } from './connections.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers the n-th request, of all connections, with what `answer` writes. */
async function serve(answer: (socket: Socket, request: number, path: string) => void) {
  const seen = { connections: 0, requests: 0, most: 0 };
  let open = 0;
  server = createServer((socket) => {
    seen.connections += 1;
    seen.most = Math.max(seen.most, ++open);
    socket.on('close', () => open--);
    socket.on('error', () => {});
    socket.on('data', (bytes) => answer(socket, seen.requests++, bytes.toString().split(' ')[1] ?? ''));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { seen, base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
}

const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;

test('many requests share the few connections, and each gets its own answer', async () => {
  const { base, seen } = await serve((socket, _, path) => setImmediate(() => socket.write(ok(`you asked ${path}`))));
  const get = openConnections(base, 3, 5_000);
  const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
  const answers = await Promise.all(paths.map((path) => get(path, { host: base.host })));
  expect(answers.map(({ body }) => body?.toString())).toEqual(paths.map((path) => `you asked ${path}`));
  expect(seen.most).toBeLessThanOrEqual(3);
  expect(seen.connections).toBeLessThanOrEqual(3);
});

test('an answer may come byte by byte, and be empty', async () => {
  const { base } = await serve((socket, request) => {
    const bytes = Buffer.from(request === 0 ? ok('müde') : ok(''));
    let at = 0;
    const step = () => at < bytes.length && socket.write(bytes.subarray(at, ++at), () => setImmediate(step));
    step();
  });
  const get = openConnections(base, 1, 5_000);
  expect((await get('/', {})).body?.toString()).toBe('müde');
  expect(await get('/', {})).toMatchObject({ status: 200, body: Buffer.alloc(0) });
});

test('a server may close after an answer; those who wait get another connection', async () => {
  const { base, seen } = await serve((socket, request) =>
    socket.end(request < 2 ? ok('bye', 'Connection: close\r\n') : ok('stay')),
  );
  const get = openConnections(base, 1, 5_000);
  const answers = await Promise.all([get('/1', {}), get('/2', {}), get('/3', {})]);
  expect(answers.map(({ body }) => body?.toString())).toEqual(['bye', 'bye', 'stay']);
  expect(seen.connections).toBe(3);
});

test('an error of untold length is told by its status', async () => {
  const { base, seen } = await serve((socket, request) =>
    socket.write(
      request > 0 ? ok('fine') : 'HTTP/1.1 503 Slow Down\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nError\r\n0\r\n\r\n',
    ),
  );
  const get = openConnections(base, 1, 5_000);
  expect(await get('/', {})).toEqual({ status: 503, body: undefined });
  expect((await get('/', {})).body?.toString()).toBe('fine');
  expect(seen.connections).toBe(2);
});

test('what is cut short, silent, or not HTTP fails; the next request goes well', async () => {
  const answers = ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'SSH-2.0\r\n\r\n\r\n', ''];
  const { base } = await serve((socket, request) => {
    const answer = answers[request];
    if (answer === undefined) socket.write(ok('fine'));
    else if (answer === '') return;
    else socket.end(answer);
  });
  const get = openConnections(base, 1, 300);
  await expect(get('/', {})).rejects.toThrow('the server closed the connection');
  await expect(get('/', {})).rejects.toThrow('no answer of an HTTP server');
  await expect(get('/', {})).rejects.toThrow('nothing was received within 0.3 s');
  expect((await get('/', {})).body?.toString()).toBe('fine');
});

test('a kept connection that the server has closed meanwhile is replaced', async () => {
  const { base, seen } = await serve((socket, request, path) => {
    socket.write(ok(path));
    if (request === 0) socket.destroySoon();
  });
  const get = openConnections(base, 1, 5_000);
  for (const path of ['/1', '/2']) expect((await get(path, {})).body?.toString()).toBe(path);
  expect(seen.connections).toBe(2);
});
