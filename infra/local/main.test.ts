import { execFile, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from './runtime.fixture.ts';

let runtime: RuntimeProcess;
afterEach(() => runtime.remove());

test('its connection file is for its user only, and it listens on 127.0.0.1 only', async () => {
  runtime = await startRuntimeProcess();
  expect(statSync(path.join(runtime.home, 'connection.json')).mode & 0o777).toBe(0o600);
  const { endpoint } = runtime.connection();
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const listening = spawnSync('ss', ['-ltnH', `sport = :${new URL(endpoint).port}`], { encoding: 'utf8' });
  // Where there is no `ss` the address it was told to bind has to do.
  if (listening.status === 0) expect(listening.stdout).not.toMatch(/0\.0\.0\.0:\d+\s+0|\[::\]:|\*:\d+\s+\*/);
  expect(await runtime.end('SIGTERM')).toBe(0);
});

test('a port in use: exit code 3, and the message names the way out', async () => {
  runtime = await startRuntimeProcess();
  const { port } = new URL(runtime.connection().endpoint);
  const args = [
    'infra/local/main.ts',
    '--home',
    `${runtime.home}/other`,
    '--port',
    port,
    '--functions',
    `${runtime.home}/functions`,
  ];
  const failure = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/Port \d+ on 127\.0\.0\.1 is in use\..*STARMAP_RUNTIME_PORT/),
  });
});
