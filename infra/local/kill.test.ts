import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from './runtime.fixture.ts';

// Starmap's own runs (real state machine, real functions) while the runtime or a Lambda process is killed again and again.

/** STARMAP_KILLS=500 for a long look. */
const KILLS = Number(process.env.STARMAP_KILLS ?? 50);
const ITEMS = 24;
/** Of a kill, the share that hits a Lambda process instead of the runtime. */
const LAMBDA_SHARE = 0.3;

let runtime: RuntimeProcess;
let seed = 7;
/** The same moments in every run of this test (Park and Miller's generator). */
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

beforeAll(async () => {
  runtime = await startRuntimeProcess('real');
  const starmap = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['lib/cli/main.ts', ...args, '--json'], {
      env: { ...process.env, STARMAP_HOME: runtime.home },
    });
  await starmap('dataset', '--size', `${ITEMS * 100}kB`, '--partition', '100kB', '--out', 's3://starmap/datasets/k');
  await starmap('model', 'install', 'lambdas/models/photoz', '--out', 's3://starmap/models/photoz');
});
afterAll(() => runtime.remove());

const s3 = () => new S3Client({ ...runtime.client(), forcePathStyle: true });
const sfn = () => new SFNClient(runtime.client());
const read = async (Key: string) =>
  (await (await s3().send(new GetObjectCommand({ Bucket: 'starmap', Key }))).Body?.transformToString()) ?? '';

async function start(resultPath: string): Promise<string> {
  const input = {
    bucket: 'starmap',
    batch_size: 2,
    S3_object_name: 'models/photoz',
    result_path: resultPath,
    data_bucket: 'starmap',
    data_prefix: 'datasets/k',
  };
  const { stateMachineArn } = runtime.connection();
  const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
  return (await sfn().send(command)).executionArn as string;
}

const executionOf = (executionArn: string) => sfn().send(new DescribeExecutionCommand({ executionArn }));
async function resultsIn(resultPath: string): Promise<number> {
  const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket: 'starmap', Prefix: `${resultPath}/` }));
  return (Contents ?? []).filter(({ Key }) => /\/\d+\.json$/.test(Key ?? '')).length;
}

/** All that a run leaves behind, without what is measured or names the execution. */
async function leftBy(executionArn: string, resultPath: string) {
  const { status, error, cause, output } = await executionOf(executionArn);
  expect({ status, error, cause }).toEqual({ status: 'SUCCEEDED', error: undefined, cause: undefined });
  const records = JSON.parse(await read(`${resultPath}/combined_data.json`)) as Record<string, unknown>[];
  const kept = ['rank', 'data_paths', 'samples', 'bytes', 'num_batches', 'batch_size', 'model_etag', 'device'];
  return {
    records: records.map((record) => kept.map((key) => record[key])),
    items: await read(`${resultPath}/items.json`),
    predictions: await read(`${resultPath}/predictions.csv`),
    completeness: (JSON.parse(await read(`${resultPath}/summary.json`)) as Record<string, unknown>).completeness,
    output: JSON.parse(output ?? '') as unknown,
  };
}

async function expectWholeHistory(executionArn: string) {
  // Each kill adds events: they can be more than the 100 of a page.
  const { events = [], nextToken } = await sfn().send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  expect(nextToken).toBeUndefined();
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  for (const { id = 0, previousEventId } of events) expect(previousEventId).toBeLessThan(id);
  const types = events.map(({ type }) => type);
  for (const once of ['ExecutionStarted', 'MapRunStarted', 'MapRunSucceeded', 'ExecutionSucceeded'])
    expect(
      types.filter((type) => type === once),
      once,
    ).toHaveLength(1);
  const { mapRuns } = await sfn().send(new ListMapRunsCommand({ executionArn }));
  expect(mapRuns).toHaveLength(1);
  const map = await sfn().send(new DescribeMapRunCommand({ mapRunArn: mapRuns?.[0]?.mapRunArn }));
  expect(map.itemCounts).toMatchObject({ succeeded: ITEMS, failed: 0, aborted: 0, pending: 0, total: ITEMS });
}

/** @returns whether something was killed. */
async function kill(): Promise<boolean> {
  if (random() >= LAMBDA_SHARE) {
    await runtime.end('SIGKILL');
    await runtime.start();
    return true;
  }
  const lambdas = spawnSync('ps', ['-o', 'pid=', '--ppid', String(runtime.pid())], { encoding: 'utf8' });
  const pids = lambdas.stdout.trim().split(/\s+/).filter(Boolean);
  const victim = Number(pids[Math.floor(random() * pids.length)]);
  if (!victim) return false;
  try {
    process.kill(victim, 'SIGKILL');
    return true;
  } catch {
    // It had just ended by itself.
    return false;
  }
}

test(`killed ${KILLS} times, every run leaves what an undisturbed one does`, { timeout: 900_000 }, async () => {
  const ended = (arn: string) =>
    vi.waitFor(async () => expect((await executionOf(arn)).status).not.toBe('RUNNING'), { timeout: 90_000 });
  // The first run of a model prepares its graph; the later ones use that, which may differ in the last digit.
  await ended(await start('results/first'));
  const undisturbed = await start('results/undisturbed');
  await ended(undisturbed);
  const expected = await leftBy(undisturbed, 'results/undisturbed');
  expect(expected.records).toHaveLength(ITEMS);

  let kills = 0;
  for (let round = 0; kills < KILLS; round += 1) {
    const resultPath = path.posix.join('results', `killed-${round}`);
    const arn = await start(resultPath);
    while (kills < KILLS) {
      // Moments are counted in results, not in time: before the first one, among them, and while they are joined.
      const until = Math.floor(random() * (ITEMS + 1));
      await vi.waitFor(
        async () => {
          if ((await resultsIn(resultPath)) < until) expect((await executionOf(arn)).status).not.toBe('RUNNING');
        },
        { timeout: 90_000, interval: 5 },
      );
      if ((await executionOf(arn)).status !== 'RUNNING') break;
      if (await kill()) kills += 1;
    }
    await ended(arn);
    expect(await leftBy(arn, resultPath)).toEqual(expected);
    await expectWholeHistory(arn);
  }
});
