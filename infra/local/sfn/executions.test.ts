import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StepFunctionsUnderTest, startStepFunctions } from './step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
beforeAll(async () => {
  t = await startStepFunctions(`
    export const handler = async (event) => {
      if (event.fail) { const error = new Error('no luck'); error.name = event.fail; throw error; }
      if (event.exit) process.exit(7);
      if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
      if (event.bytes) return 'x'.repeat(event.bytes);
      return { got: event };
    };`);
});
afterAll(() => t.runtime.remove());

const waiting = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } };
const passing = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };

test('an execution is described with input, output and dates', async () => {
  const arn = await t.start(await t.create(passing), { a: 1 }, 'by-name');
  expect(arn).toMatch(/:execution:machine-\d+:by-name$/);
  expect(await t.ended(arn)).toMatchObject({
    status: 'SUCCEEDED',
    name: 'by-name',
    input: '{"a":1}',
    output: '{"a":1}',
    startDate: expect.any(Date),
    stopDate: expect.any(Date),
  });
});

test('StartExecution is idempotent by name: the same request again while it runs; else refused', async () => {
  const machine = await t.create(waiting);
  const arn = await t.start(machine, { a: 1 }, 'same');
  expect(await t.start(machine, { a: 1 }, 'same')).toBe(arn);
  await expect(t.start(machine, { a: 2 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await t.sfn().send(new StopExecutionCommand({ executionArn: arn }));
  await expect(t.start(machine, { a: 1 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
});

test('a Lambda task leaves the events that AWS records, chained by previousEventId', async () => {
  const arn = await t.start(await t.create({ StartAt: 'T', States: { T: t.lambdaTask() } }), { n: 1 });
  expect(await t.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"got":{"n":1}}' });
  const events = await t.history(arn);
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
    T: t.lambdaTask({ Catch: [{ ErrorEquals: ['TooBad'], ResultPath: '$.failure', Next: 'Caught' }] }),
    Caught: { Type: 'Pass', End: true },
  };
  const arn = await t.start(await t.create({ StartAt: 'T', States: states }), { fail: 'TooBad' });
  const output = JSON.parse((await t.ended(arn)).output ?? '') as { failure: { Error: string; Cause: string } };
  expect(output.failure.Error).toBe('TooBad');
  expect(JSON.parse(output.failure.Cause)).toMatchObject({ errorType: 'TooBad', errorMessage: 'no luck' });
});

test('an uncaught error fails the execution; retries are made first', async () => {
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 2, MaxDelaySeconds: 1 }];
  const arn = await t.start(await t.create({ StartAt: 'T', States: { T: t.lambdaTask({ Retry }) } }), {
    fail: 'TooBad',
  });
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'TooBad' });
  expect((await t.history(arn)).filter(({ type }) => type === 'TaskFailed')).toHaveLength(3);
});

test('a task that takes too long times out', async () => {
  const arn = await t.start(await t.create({ StartAt: 'T', States: { T: t.lambdaTask({ TimeoutSeconds: 1 }) } }), {
    waitMs: 1_500,
  });
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

test('TimeoutSeconds of the machine ends the execution as TIMED_OUT', async () => {
  const arn = await t.start(await t.create({ ...waiting, TimeoutSeconds: 1 }));
  expect(await t.ended(arn)).toMatchObject({ status: 'TIMED_OUT' });
  expect((await t.history(arn)).at(-1)?.type).toBe('ExecutionTimedOut');
});

test.each([
  ['the process of the function ends', { exit: true }, 'Lambda.Unknown'],
  ['the answer is larger than a state may hold', { bytes: 262_144 }, 'States.DataLimitExceeded'],
])('%s: the task fails with the name that AWS gives it', async (_, input, error) => {
  expect(await t.ended(await t.start({ StartAt: 'T', States: { T: t.lambdaTask() } }, input))).toMatchObject({ error });
});

test('a function that is not there fails the task', async () => {
  const FunctionName = 'arn:aws:lambda:us-east-1:000000000000:function:none';
  const task = t.lambdaTask({ Parameters: { FunctionName, Payload: {} } });
  expect(await t.ended(await t.start({ StartAt: 'T', States: { T: task } }))).toMatchObject({
    status: 'FAILED',
    error: 'Lambda.ResourceNotFoundException',
  });
});

test("a function's ARN as the resource: its answer alone is the result, with events of its own", async () => {
  const Resource = t.runtime.connection().functions.inference['1024'];
  const task = { Type: 'Task', Resource, TimeoutSeconds: 1, HeartbeatSeconds: 1, End: true };
  const machine = await t.create({ StartAt: 'T', States: { T: task } });
  const arn = await t.start(machine, { n: 1 });
  expect(await t.outputOf(arn)).toEqual({ got: { n: 1 } });
  expect((await t.typesOf(arn)).slice(2, 5)).toEqual([
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
    'LambdaFunctionSucceeded',
  ]);
  const late = await t.start(machine, { waitMs: 1_500 });
  expect(await t.ended(late)).toMatchObject({ error: 'States.Timeout' });
  expect((await t.typesOf(late)).slice(-2)).toEqual(['LambdaFunctionTimedOut', 'ExecutionFailed']);
  const failed = await t.start(machine, { fail: 'TooBad' });
  await t.ended(failed);
  expect((await t.typesOf(failed)).slice(-2)).toEqual(['LambdaFunctionFailed', 'ExecutionFailed']);
});

test('an execution that goes in circles ends with its 25,000th event', async () => {
  const Choices = [{ Variable: '$.end', IsPresent: true, Next: 'End' }];
  const States = {
    A: { Type: 'Choice', Choices, Default: 'B' },
    B: { Type: 'Pass', Next: 'A' },
    End: passing.States.P,
  };
  const executionArn = await t.start({ StartAt: 'A', States });
  expect(await t.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  const latest = new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 });
  expect((await t.sfn().send(latest)).events?.[0]).toMatchObject({ type: 'ExecutionFailed' });
});

test('a stop aborts, with the reason; no Catch of the state it stood in sees it', async () => {
  const states = {
    T: t.lambdaTask({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }),
    Caught: { Type: 'Pass', End: true },
  };
  const executionArn = await t.start(await t.create({ StartAt: 'T', States: states }), { waitMs: 3_000 });
  await expect.poll(async () => (await t.history(executionArn)).at(-1)?.type).toBe('TaskStarted');
  const stopped = await t.sfn().send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'by hand' }));
  expect(stopped.stopDate).toBeInstanceOf(Date);
  expect(await t.executionOf(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'by hand' });
  const types = (await t.history(executionArn)).map(({ type }) => type);
  expect(types.at(-1)).toBe('ExecutionAborted');
  expect(types).not.toContain('PassStateEntered');
});

test('history: pages, reverse order, without data', async () => {
  const executionArn = await t.start(await t.create(passing), { secret: 1 });
  await t.ended(executionArn);
  const first = await t.sfn().send(new GetExecutionHistoryCommand({ executionArn, maxResults: 2 }));
  expect(first.events?.map(({ id }) => id)).toEqual([1, 2]);
  const second = await t
    .sfn()
    .send(new GetExecutionHistoryCommand({ executionArn, maxResults: 2, nextToken: first.nextToken }));
  expect(second.events?.map(({ id }) => id)).toEqual([3, 4]);
  expect(second.nextToken).toBeUndefined();
  const reverse = await t.sfn().send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));
  expect(reverse.events?.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  const bare = await t.sfn().send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
  expect(JSON.stringify(bare.events)).not.toContain('secret');
});

test('executions are listed latest first, by status, in pages', async () => {
  const stateMachineArn = await t.create(passing);
  const arns: string[] = [];
  for (let n = 0; n < 5; n += 1) arns.push(await t.start(stateMachineArn, { n }));
  for (const arn of arns) await t.ended(arn);
  const seen: ExecutionListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page = await t.sfn().send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2, nextToken }));
    seen.push(...(page.executions ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(seen.map((execution) => execution.executionArn).sort()).toEqual(arns.sort());
  const starts = seen.map(({ startDate }) => startDate?.getTime() ?? 0);
  expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  const failed = await t.sfn().send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }));
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
  const stateMachineArn = await t.create(passing);
  await expect(t.sfn().send(new StartExecutionCommand({ stateMachineArn, ...wrong }))).rejects.toMatchObject({ name });
});

test('the same request many times at once is one execution', async () => {
  const machine = await t.create(passing);
  const started = await Promise.all(
    Array.from({ length: 8 }, () => t.start(machine, { a: 1 }, 'at-once').catch(String)),
  );
  const arns = started.filter((each) => each.startsWith('arn:'));
  expect(new Set(arns).size).toBe(1);
  // Once it has ended the name is taken.
  for (const refused of started.filter((each) => !arns.includes(each))) expect(refused).toMatch(/AlreadyExists/);
  expect((await t.sfn().send(new ListExecutionsCommand({ stateMachineArn: machine }))).executions).toHaveLength(1);
});

test.each([
  ['StartExecution', new StartExecutionCommand({ stateMachineArn: 'machine' })],
  ['DescribeExecution', new DescribeExecutionCommand({ executionArn: 'arn:aws:s3:::bucket' })],
  ['GetExecutionHistory', new GetExecutionHistoryCommand({ executionArn: '' })],
  ['StopExecution', new StopExecutionCommand({ executionArn: 'arn:aws:states:us-east-1:1:execution:a:b' })],
  ['DescribeMapRun', new DescribeMapRunCommand({ mapRunArn: 'arn:aws:states:us-east-1:000000000000:execution:a:b' })],
  ['ListExecutions', new ListExecutionsCommand({ mapRunArn: 'x' })],
])('%s refuses what is no ARN of its kind', async (_, command) => {
  await expect(t.sfn().send(command as DescribeExecutionCommand)).rejects.toMatchObject({ name: 'InvalidArn' });
});

test.each([
  ['neither machine nor map run', {}],
  ['a status that does not exist', { mapRunArn: undefined, statusFilter: 'DONE' }],
  ['more results than a page holds', { maxResults: 1001 }],
])('ListExecutions refuses %s with a ValidationException', async (what, more) => {
  const stateMachineArn = what.startsWith('neither') ? undefined : await t.create(passing);
  const command = new ListExecutionsCommand({ stateMachineArn, ...(more as object) });
  await expect(t.sfn().send(command)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('an execution that is not there is told so', async () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:none:none';
  for (const command of [new DescribeExecutionCommand({ executionArn }), new StopExecutionCommand({ executionArn })])
    await expect(t.sfn().send(command as DescribeExecutionCommand)).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
});
