import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { database } from '../db/database.ts';
import { readiness } from './readiness.ts';

let runtime: RuntimeProcess;
beforeAll(async () => {
  runtime = await startRuntimeProcess();
});
afterAll(() => runtime.remove());
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(STARMAP_|AWS_)|^DATABASE_URL$/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('STARMAP_HOME', runtime.home);
});
afterEach(() => vi.unstubAllEnvs());

test('ready while database and services answer; what does not is named, and does not hold up the answer', async () => {
  // The first answer of a busy machine, which opens the database, may come too late.
  await expect.poll(readiness).toEqual({
    ready: true,
    checks: [
      { name: 'database', ok: true, problem: null },
      { name: 'services', ok: true, problem: null },
    ],
  });

  process.kill(runtime.pid(), 'SIGSTOP');
  const hanging = await readiness();
  process.kill(runtime.pid(), 'SIGCONT');
  expect(hanging.ready).toBe(false);
  expect(hanging.checks.map(({ ok }) => ok)).toEqual([true, false]);
  expect(hanging.checks[1]?.problem).toContain('answer within');

  await (await database()).close();
  vi.stubEnv('DATABASE_URL', `file:${path.join(runtime.home, 'connection.json')}`);
  const broken = await readiness();
  expect(broken.checks[0]).toMatchObject({ name: 'database', ok: false, problem: expect.stringMatching(/\w+ \w+/) });
  await expect.poll(async () => (await readiness()).checks[1]?.ok).toBe(true);
});
