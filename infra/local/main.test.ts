import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ListMapRunsCommand } from '@aws-sdk/client-sfn';
import { afterEach, expect, test } from 'vitest';
import {
  mapMachine,
  mapState,
  PASS,
  type StepFunctionsUnderTest,
  startStepFunctions,
} from './sfn/step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
afterEach(() => t.runtime.remove());

/** A second runtime, which is to fail. */
const startAnother = (home: string, port: string) =>
  promisify(execFile)(process.execPath, [
    ...['infra/local/main.ts', '--home', home, '--port', port],
    ...['--functions', `${t.runtime.home}/functions`],
  ]).catch((error: unknown) => error);

test('its connection file is for its user only, it listens on 127.0.0.1 only, and SIGTERM ends it well', async () => {
  t = await startStepFunctions();
  expect(statSync(path.join(t.runtime.home, 'connection.json')).mode & 0o777).toBe(0o600);
  const { endpoint } = t.runtime.connection();
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const listening = spawnSync('ss', ['-ltnH', `sport = :${new URL(endpoint).port}`], { encoding: 'utf8' });
  // Where there is no `ss` the address it was told to bind has to do.
  if (listening.status === 0) expect(listening.stdout).not.toMatch(/0\.0\.0\.0:\d+\s+0|\[::\]:|\*:\d+\s+\*/);
  expect(await t.runtime.end('SIGTERM')).toBe(0);
});

test('a port or a folder in use: an exit code of its own, and a message that names the way out', async () => {
  t = await startStepFunctions();
  const { port } = new URL(t.runtime.connection().endpoint);
  const [samePort, sameFolder] = await Promise.all([
    startAnother(`${t.runtime.home}/other`, port),
    startAnother(t.runtime.home, '0'),
  ]);
  expect(samePort).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/Port \d+ on 127\.0\.0\.1 is in use\..*STARMAP_RUNTIME_PORT/),
  });
  expect(sameFolder).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/Another local runtime works on .*STARMAP_HOME/),
  });
});

/** Leaves a line for each call, takes its time, and writes a result to S3. */
const RECORDING = `
  import { appendFileSync } from 'node:fs';
  export const handler = async ({ n, home }) => {
    appendFileSync(home + '/calls', n + '\\n');
    await new Promise((resolve) => setTimeout(resolve, 60));
    return { n };
  };`;
const ITEMS = 30;
const items = () => Array.from({ length: ITEMS }, (_, n) => ({ n, home: t.runtime.home }));

test.each(['SIGKILL', 'SIGTERM'] as const)(
  '%s in the middle of a map: the next start goes on with it',
  async (signal) => {
    t = await startStepFunctions(RECORDING);
    const writer = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'starmap', Prefix: 'ended' } };
    const arn = await t.start(mapMachine({ ItemsPath: '$', ResultWriter: writer }, t.lambdaTask()), items());
    await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.succeeded).toBeGreaterThan(5);
    const before = await t.mapRunOf(arn);
    expect(await t.runtime.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
    await t.runtime.start();
    const { ResultWriterDetails } = (await t.outputOf(arn)) as { ResultWriterDetails: { Key: string } };
    expect(await t.mapRunOf(arn)).toMatchObject({
      mapRunArn: before.mapRunArn,
      itemCounts: { succeeded: ITEMS, failed: 0, pending: 0, total: ITEMS },
    });
    const { ResultFiles } = await t.read<{ ResultFiles: { SUCCEEDED: { Key: string }[] } }>(ResultWriterDetails.Key);
    const results = await t.read<{ Output: string }[]>(ResultFiles.SUCCEEDED[0]?.Key ?? '');
    expect(results.map(({ Output }) => Output)).toEqual(items().map(({ n }) => JSON.stringify({ n })));
    // Only what was under way at that moment ran a second time.
    const calls = readFileSync(`${t.runtime.home}/calls`, 'utf8').trim().split('\n');
    expect(new Set(calls).size).toBe(ITEMS);
    const { running = 0 } = before.executionCounts ?? {};
    expect(calls.length).toBeLessThanOrEqual(ITEMS + running);
    const events = await t.history(arn);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  },
);

test('killed while a map runs inside a branch: the branch runs again, and the map run of before is closed', async () => {
  t = await startStepFunctions(RECORDING);
  const inBranch = mapState({ ItemsPath: '$' }, t.lambdaTask());
  const Both = { Type: 'Parallel', Branches: [{ StartAt: 'Map', States: { Map: inBranch } }], Next: 'After' };
  const arn = await t.start({ StartAt: 'Both', States: { Both, After: PASS } }, items());
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.succeeded).toBeGreaterThan(0);
  await t.runtime.end('SIGKILL');
  await t.runtime.start();
  expect(await t.outputOf(arn)).toEqual([items().map(({ n }) => ({ n }))]);
  const { mapRuns = [] } = await t.sfn().send(new ListMapRunsCommand({ executionArn: arn }));
  expect(mapRuns).toHaveLength(2);
  for (const { stopDate } of mapRuns) expect(stopDate).toBeInstanceOf(Date);
});
