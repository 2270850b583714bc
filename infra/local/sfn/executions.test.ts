import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../runtime.fixture.ts';

let runtime: RuntimeProcess;
let sfn: SFNClient;
let machines = 0;

beforeAll(async () => {
  runtime = await startRuntimeProcess(`
    export const handler = async (event) => {
      if (event.fail) { const error = new Error('no luck'); error.name = event.fail; throw error; }
      if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
      return { got: event };
    };`);
  sfn = new SFNClient({ ...runtime.client(), maxAttempts: 1 });
});
afterAll(() => runtime.remove());

const create = async (definition: object) => {
  machines += 1;
  const roleArn = 'arn:aws:iam::000000000000:role/test';
  const input = { name: `machine-${machines}`, definition: JSON.stringify(definition), roleArn };
  return (await sfn.send(new CreateStateMachineCommand(input))).stateMachineArn as string;
};
const start = async (stateMachineArn: string, input: unknown = {}, name?: string) =>
  (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name })))
    .executionArn as string;
const executionOf = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));
const ended = async (executionArn: string) => {
  await vi.waitFor(async () => expect((await executionOf(executionArn)).status).not.toBe('RUNNING'), {
    timeout: 20_000,
  });
  return executionOf(executionArn);
};
const history = async (executionArn: string): Promise<HistoryEvent[]> =>
  (await sfn.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
const invoke = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: runtime.connection().functions.inference['1024'], 'Payload.$': '$' },
  OutputPath: '$.Payload',
  End: true,
  ...more,
});
const waiting = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } };
const passing = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };

test('an execution is described with input, output and dates', async () => {
  const arn = await start(await create(passing), { a: 1 }, 'by-name');
  expect(arn).toMatch(/:execution:machine-\d+:by-name$/);
  expect(await ended(arn)).toMatchObject({
    status: 'SUCCEEDED',
    name: 'by-name',
    input: '{"a":1}',
    output: '{"a":1}',
    startDate: expect.any(Date),
    stopDate: expect.any(Date),
  });
});

test('StartExecution is idempotent by name: the same request again while it runs; else refused', async () => {
  const machine = await create(waiting);
  const arn = await start(machine, { a: 1 }, 'same');
  expect(await start(machine, { a: 1 }, 'same')).toBe(arn);
  await expect(start(machine, { a: 2 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await sfn.send(new StopExecutionCommand({ executionArn: arn }));
  await expect(start(machine, { a: 1 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
});

test('a Lambda task leaves the events that AWS records, chained by previousEventId', async () => {
  const arn = await start(await create({ StartAt: 'T', States: { T: invoke() } }), { n: 1 });
  expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"got":{"n":1}}' });
  const events = await history(arn);
  expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
    [1, 0, 'ExecutionStarted'],
    [2, 0, 'TaskStateEntered'],
    [3, 2, 'TaskScheduled'],
    [4, 3, 'TaskStarted'],
    [5, 4, 'TaskSucceeded'],
    [6, 5, 'TaskStateExited'],
    [7, 6, 'ExecutionSucceeded'],
  ]);
  expect(events[2]?.taskScheduledEventDetails).toMatchObject({
    resourceType: 'lambda',
    resource: 'invoke',
    region: 'us-east-1',
  });
});

test('an error of the function is caught by its name, with its message as the cause', async () => {
  const states = {
    T: invoke({ Catch: [{ ErrorEquals: ['TooBad'], ResultPath: '$.failure', Next: 'Caught' }] }),
    Caught: { Type: 'Pass', End: true },
  };
  const arn = await start(await create({ StartAt: 'T', States: states }), { fail: 'TooBad' });
  const output = JSON.parse((await ended(arn)).output ?? '') as { failure: { Error: string; Cause: string } };
  expect(output.failure.Error).toBe('TooBad');
  expect(JSON.parse(output.failure.Cause)).toMatchObject({ errorType: 'TooBad', errorMessage: 'no luck' });
});

test('an uncaught error fails the execution; retries are made first', async () => {
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 2, MaxDelaySeconds: 1 }];
  const arn = await start(await create({ StartAt: 'T', States: { T: invoke({ Retry }) } }), { fail: 'TooBad' });
  expect(await ended(arn)).toMatchObject({ status: 'FAILED', error: 'TooBad' });
  expect((await history(arn)).filter(({ type }) => type === 'TaskFailed')).toHaveLength(3);
});

test('a task that takes too long times out', async () => {
  const arn = await start(await create({ StartAt: 'T', States: { T: invoke({ TimeoutSeconds: 1 }) } }), {
    waitMs: 5_000,
  });
  expect(await ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

test('TimeoutSeconds of the machine ends the execution as TIMED_OUT', async () => {
  const arn = await start(await create({ ...waiting, TimeoutSeconds: 1 }));
  expect(await ended(arn)).toMatchObject({ status: 'TIMED_OUT' });
  expect((await history(arn)).at(-1)?.type).toBe('ExecutionTimedOut');
});

test('a stop aborts, with the reason; no Catch of the state it stood in sees it', async () => {
  const states = {
    T: invoke({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }),
    Caught: { Type: 'Pass', End: true },
  };
  const executionArn = await start(await create({ StartAt: 'T', States: states }), { waitMs: 20_000 });
  await vi.waitFor(async () => expect((await history(executionArn)).at(-1)?.type).toBe('TaskStarted'));
  const stopped = await sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'by hand' }));
  expect(stopped.stopDate).toBeInstanceOf(Date);
  expect(await executionOf(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'by hand' });
  const types = (await history(executionArn)).map(({ type }) => type);
  expect(types.at(-1)).toBe('ExecutionAborted');
  expect(types).not.toContain('PassStateEntered');
});

test('history: pages, reverse order, without data', async () => {
  const executionArn = await start(await create(passing), { secret: 1 });
  await ended(executionArn);
  const first = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 2 }));
  expect(first.events?.map(({ id }) => id)).toEqual([1, 2]);
  const second = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 2, nextToken: first.nextToken }),
  );
  expect(second.events?.map(({ id }) => id)).toEqual([3, 4]);
  expect(second.nextToken).toBeUndefined();
  const reverse = await sfn.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));
  expect(reverse.events?.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  const bare = await sfn.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
  expect(JSON.stringify(bare.events)).not.toContain('secret');
});

test('executions are listed latest first, by status, in pages', async () => {
  const stateMachineArn = await create(passing);
  const arns: string[] = [];
  for (let n = 0; n < 5; n += 1) arns.push(await start(stateMachineArn, { n }));
  for (const arn of arns) await ended(arn);
  const seen: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2, nextToken }));
    seen.push(...(page.executions ?? []).map(({ executionArn }) => executionArn));
    nextToken = page.nextToken;
  } while (nextToken);
  expect([...seen].sort()).toEqual([...arns].sort());
  const failed = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }));
  expect(failed.executions).toEqual([]);
});

test.each([
  ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
  ['input above 262,144 bytes', { input: JSON.stringify('x'.repeat(262_143)) }, 'InvalidExecutionInput'],
  ['a name with a space', { name: 'a b' }, 'InvalidName'],
  [
    'a machine that is not there',
    { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:none' },
    'StateMachineDoesNotExist',
  ],
])('StartExecution refuses %s', async (_, wrong, name) => {
  const stateMachineArn = await create(passing);
  await expect(sfn.send(new StartExecutionCommand({ stateMachineArn, ...wrong }))).rejects.toMatchObject({ name });
});

test('an execution that is not there is told so', async () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:none:none';
  for (const command of [new DescribeExecutionCommand({ executionArn }), new StopExecutionCommand({ executionArn })])
    await expect(sfn.send(command as DescribeExecutionCommand)).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
});
