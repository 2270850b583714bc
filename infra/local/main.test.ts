import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from './runtime.fixture.ts';

let runtime: RuntimeProcess;
afterEach(() => runtime.remove());

const ITEMS = 60;
/** Each item leaves a file with its own content and a line for every time it ran. */
const WRITES = `
  import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
  export const handler = async ({ n, out }) => {
    appendFileSync(out + '/runs', n + '\\n');
    await new Promise((resolve) => setTimeout(resolve, 15));
    writeFileSync(out + '/' + n + '.part', 'result of ' + n);
    renameSync(out + '/' + n + '.part', out + '/' + n + '.txt');
    return { n };
  };`;

async function startMap(out: string): Promise<string> {
  const sfn = new SFNClient(runtime.client());
  const child = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: runtime.connection().functions.inference['1024'], 'Payload.$': '$' },
    OutputPath: '$.Payload',
    // What the killed process had in hand is not an error of the function: it runs again without a Retry.
    End: true,
  };
  const definition = {
    StartAt: 'Before',
    States: {
      Before: { Type: 'Pass', Next: 'Map' },
      Map: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Child',
          States: { Child: child },
        },
        Next: 'After',
      },
      After: { Type: 'Pass', End: true },
    },
  };
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: 'killed',
      definition: JSON.stringify(definition),
      roleArn: 'arn:aws:iam::000000000000:role/test',
    }),
  );
  const items = Array.from({ length: ITEMS }, (_, n) => ({ n, out }));
  const input = JSON.stringify({ items });
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn, input }))).executionArn as string;
}

const statusOf = async (executionArn: string) =>
  new SFNClient(runtime.client()).send(new DescribeExecutionCommand({ executionArn }));

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

test('killed at random moments, it comes back and every execution ends as it would have', {
  timeout: 180_000,
}, async () => {
  const kills = Number(process.env.STARMAP_TEST_KILLS ?? 6);
  runtime = await startRuntimeProcess(WRITES);
  let done = 0;
  let seed = 42;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  for (let round = 0; done < kills; round += 1) {
    const out = path.join(runtime.home, `out-${round}`);
    mkdirSync(out);
    const arn = await startMap(out);
    for (;;) {
      // A moment counted in results, not in time: the machine may be slow.
      const until = Math.floor(random() * ITEMS);
      await vi.waitFor(
        async () => {
          const seen = readdirSync(out).filter((file) => file.endsWith('.txt')).length;
          if (seen < until) expect((await statusOf(arn)).status).not.toBe('RUNNING');
        },
        { timeout: 30_000, interval: 5 },
      );
      if ((await statusOf(arn)).status !== 'RUNNING' || done >= kills) break;
      await runtime.end('SIGKILL');
      done += 1;
      await runtime.start();
    }
    await vi.waitFor(async () => expect((await statusOf(arn)).status).not.toBe('RUNNING'), { timeout: 60_000 });
    const { status, output } = await statusOf(arn);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toEqual(Array.from({ length: ITEMS }, (_, n) => ({ n })));
    for (let n = 0; n < ITEMS; n += 1) expect(readFileSync(path.join(out, `${n}.txt`), 'utf8')).toBe(`result of ${n}`);
    const { events } = await new SFNClient(runtime.client()).send(
      new GetExecutionHistoryCommand({ executionArn: arn }),
    );
    expect(events?.map(({ id }) => id)).toEqual(Array.from({ length: events?.length ?? 0 }, (_, index) => index + 1));
    for (const { id, previousEventId } of events ?? []) expect(previousEventId).toBeLessThan(id ?? 0);
    const types = events?.map(({ type }) => type) ?? [];
    for (const once of ['ExecutionStarted', 'MapRunStarted', 'MapRunSucceeded', 'ExecutionSucceeded'])
      expect(
        types.filter((type) => type === once),
        once,
      ).toHaveLength(1);
  }
});
