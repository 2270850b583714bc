import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from './runtime.fixture.ts';

// The plain `aws` command as a client that shares no code with ours.

const installed = spawnSync('aws', ['--version']).status === 0;
const run = promisify(execFile);
let runtime: RuntimeProcess;

const ROLE = 'arn:aws:iam::000000000000:role/test';
const map = (item: object) => ({
  Type: 'Map',
  ItemsPath: '$.items',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Item',
    States: { Item: item },
  },
  End: true,
});

describe.skipIf(!installed)('the aws command (skipped where it is not installed)', () => {
  beforeAll(async () => {
    runtime = await startRuntimeProcess(
      "export const handler = async (event) => { console.log('seen', event.n); return { doubled: event.n * 2 }; };",
    );
  });
  afterAll(() => runtime.remove());

  const aws = async (...args: string[]): Promise<string> => {
    const { endpoint, region, accessKeyId, secretAccessKey } = runtime.connection();
    const { stdout } = await run('aws', ['--endpoint-url', endpoint, ...args], {
      env: {
        ...process.env,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CONFIG_FILE: path.join(runtime.home, 'no-config'),
        AWS_SHARED_CREDENTIALS_FILE: path.join(runtime.home, 'no-credentials'),
        AWS_PAGER: '',
      },
    });
    return stdout;
  };
  const json = async (...args: string[]) =>
    JSON.parse(await aws(...args, '--output', 'json')) as Record<string, unknown>;
  const createMachine = async (name: string, states: object) => {
    const definition = JSON.stringify(states);
    const created = await json(
      'stepfunctions',
      'create-state-machine',
      '--name',
      name,
      '--role-arn',
      ROLE,
      '--definition',
      definition,
    );
    return created.stateMachineArn as string;
  };
  const start = async (machine: string, input: object) =>
    (await json('stepfunctions', 'start-execution', '--state-machine-arn', machine, '--input', JSON.stringify(input)))
      .executionArn as string;
  const describeExecution = (arn: string) => json('stepfunctions', 'describe-execution', '--execution-arn', arn);

  test('s3: a file goes up, is listed, and comes down the same, also as a multipart upload', async () => {
    // Above 8 MB the command uploads in parts.
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'starmap ');
    const file = path.join(runtime.home, 'up.bin');
    writeFileSync(file, bytes);
    await aws('s3', 'cp', '--no-progress', file, 's3://starmap/cli/a b/große.bin');
    expect(await aws('s3', 'ls', 's3://starmap/cli/', '--recursive')).toMatch(/9437184 cli\/a b\/große\.bin/);
    expect(await aws('s3', 'ls', 's3://starmap/cli/')).toContain('PRE a b/');
    await aws('s3', 'cp', '--no-progress', 's3://starmap/cli/a b/große.bin', `${file}.down`);
    expect(readFileSync(`${file}.down`).equals(bytes)).toBe(true);
    await aws('s3', 'rm', 's3://starmap/cli/', '--recursive');
    await expect(aws('s3', 'ls', 's3://starmap/cli/')).rejects.toThrow();
  });

  test('stepfunctions: an execution with a map run, from its start to its history', async () => {
    const inference = runtime.connection().functions.inference['1024'];
    const item = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: inference, 'Payload.$': '$' },
      OutputPath: '$.Payload',
      End: true,
    };
    const machine = await createMachine('cli-map', { StartAt: 'Map', States: { Map: map(item) } });
    const arn = await start(machine, { items: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    await expect.poll(() => describeExecution(arn)).toMatchObject({ status: 'SUCCEEDED' });
    const { output } = await describeExecution(arn);
    expect(JSON.parse(output as string)).toEqual([{ doubled: 2 }, { doubled: 4 }, { doubled: 6 }]);
    const { mapRuns } = await json('stepfunctions', 'list-map-runs', '--execution-arn', arn);
    const mapRunArn = (mapRuns as { mapRunArn: string }[])[0]?.mapRunArn ?? '';
    expect(await json('stepfunctions', 'describe-map-run', '--map-run-arn', mapRunArn)).toMatchObject({
      status: 'SUCCEEDED',
      itemCounts: { succeeded: 3, total: 3, resultsWritten: 3 },
      executionCounts: { succeeded: 3, total: 3 },
    });
    const { events } = await json('stepfunctions', 'get-execution-history', '--execution-arn', arn);
    const types = (events as { type: string }[]).map((event) => event.type);
    expect(types).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('stepfunctions: a running execution is stopped, with the reason that was given', async () => {
    const machine = await createMachine('cli-wait', {
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 600, End: true } },
    });
    const arn = await start(machine, {});
    await aws('stepfunctions', 'stop-execution', '--execution-arn', arn, '--error', 'Enough', '--cause', 'by hand');
    expect(await describeExecution(arn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'by hand' });
  });

  test('lambda and logs: a function is invoked, its answer comes back and what it said is found', async () => {
    const name = runtime.connection().functions.inference['2048']?.split(':').at(-1) ?? '';
    const out = path.join(runtime.home, 'answer.json');
    const payload = ['--cli-binary-format', 'raw-in-base64-out', '--payload', '{"n":21}'];
    // Version 1 of the command has no such option and takes the payload as it is.
    const options = /^aws-cli\/1/.test(await aws('--version')) ? payload.slice(2) : payload;
    expect(await json('lambda', 'invoke', '--function-name', name, ...options, out)).toMatchObject({ StatusCode: 200 });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ doubled: 42 });
    const found = await json(
      'logs',
      'filter-log-events',
      '--log-group-name',
      `/aws/lambda/${name}`,
      '--filter-pattern',
      'seen',
    );
    expect((found.events as { message: string }[]).map(({ message }) => message)).toEqual([
      expect.stringMatching(/INFO\tseen 21/),
    ]);
  });

  test('what does not exist is told as AWS tells it', async () => {
    const missing = 'arn:aws:states:us-east-1:000000000000:execution:nothing:here';
    await expect(describeExecution(missing)).rejects.toThrow(/ExecutionDoesNotExist/);
    await expect(aws('s3', 'cp', 's3://starmap/none', '-')).rejects.toThrow(/404|Not Found/);
    await expect(aws('logs', 'filter-log-events', '--log-group-name', '/none')).rejects.toThrow(
      /ResourceNotFoundException/,
    );
  });
});
