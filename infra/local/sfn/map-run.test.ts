import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  MENDABLE,
  mapMachine,
  mapState,
  PASS,
  type StepFunctionsUnderTest,
  startStepFunctions,
} from './step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
beforeAll(async () => {
  t = await startStepFunctions(MENDABLE);
});
afterAll(() => t.runtime.remove());

/** An execution of a machine that is one distributed Map. */
const start = (map: object, child: object = PASS, input: unknown = {}) => t.start(mapMachine(map, child), input);

test('items are selected, and grouped by count with what all groups share', async () => {
  const map = {
    ItemsPath: '$.items',
    ItemSelector: { 'n.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index' },
    ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { 'run.$': '$.run' } },
  };
  const arn = await start(map, PASS, { run: 'r1', items: [10, 20, 30] });
  expect(await t.outputOf(arn)).toEqual([
    {
      BatchInput: { run: 'r1' },
      Items: [
        { n: 10, at: 0 },
        { n: 20, at: 1 },
      ],
    },
    { BatchInput: { run: 'r1' }, Items: [{ n: 30, at: 2 }] },
  ]);
  expect(await t.mapRunOf(arn)).toMatchObject({
    itemCounts: { succeeded: 3, total: 3 },
    executionCounts: { succeeded: 2, total: 2 },
  });
});

test('the whole input of a group stays below its limit, and each group is as large as may be', async () => {
  const items = Array.from({ length: 10 }, (_, n) => `${n}`.padEnd(98, '.'));
  const batcher = { MaxInputBytesPerBatchPath: '$.limit', BatchInput: { shared: 'ü' } };
  const arn = await start({ ItemsPath: '$.items', ItemBatcher: batcher }, PASS, { items, limit: 500 });
  const groups = (await t.outputOf(arn)) as { Items: string[] }[];
  expect(groups.flatMap(({ Items }) => Items)).toEqual(items);
  const sizes = groups.map((group) => Buffer.byteLength(JSON.stringify(group)));
  // Four items of 101 bytes with their commas, less the last one's, and {"BatchInput":{"shared":"ü"},"Items":[]}.
  expect(sizes).toEqual([444, 444, 242]);
});

test('a group without a limit of size still fits into the input of an execution', async () => {
  const items = Array.from({ length: 300 }, (_, n) => `${n}`.padEnd(1021, '.'));
  // 256 of them and their commas are 262,144 bytes, the limit, without the frame round them.
  await t.put('large.json', JSON.stringify(items));
  const map = {
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: 'starmap', Key: 'large.json' },
    },
    ItemBatcher: { MaxItemsPerBatch: 300 },
  };
  const arn = await start(map, { Type: 'Pass', Result: 'ok', End: true });
  expect(await t.outputOf(arn)).toEqual(['ok', 'ok']);
});

test('an item too large for the input of an execution fails its child', async () => {
  const selector = { 'all.$': '$', 'again.$': '$' };
  const large = await start({ ItemsPath: '$', ItemSelector: selector }, PASS, ['x'.repeat(200_000)]);
  expect(await t.ended(large)).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' });
  const { mapRunArn } = await t.mapRunOf(large);
  const { executions } = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED' }));
  const child = await t.executionOf(executions?.[0]?.executionArn ?? '');
  expect(child).toMatchObject({ error: 'States.DataLimitExceeded' });
});

const threeOfFour = () => [{ n: 1 }, { n: 2, needs: '/nowhere' }, { n: 3 }, { n: 4 }];
test.each([
  ['nothing is tolerated', {}, 'FAILED'],
  ['25 %', { ToleratedFailurePercentage: 25 }, 'SUCCEEDED'],
  ['24 %, from the input', { ToleratedFailurePercentagePath: '$.most' }, 'FAILED'],
  ['1 item', { ToleratedFailureCount: 1 }, 'SUCCEEDED'],
  ['24 items, from the input', { ToleratedFailureCountPath: '$.most' }, 'SUCCEEDED'],
  ['either limit trips', { ToleratedFailureCount: 3, ToleratedFailurePercentage: 24 }, 'FAILED'],
])('one failure of four items: %s', async (_, tolerated, status) => {
  const arn = await start({ ItemsPath: '$.items', ...tolerated }, t.lambdaTask(), { items: threeOfFour(), most: 24 });
  expect(await t.ended(arn)).toMatchObject({ status });
  if (status === 'SUCCEEDED') expect(await t.outputOf(arn)).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }]);
  else expect(await t.ended(arn)).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' });
  const { status: mapStatus, itemCounts } = await t.mapRunOf(arn);
  expect(mapStatus).toBe(status);
  expect(itemCounts).toMatchObject({ failed: 1, total: 4 });
});

test('JSONata: reader, selector, limits and writer are given as expressions', async () => {
  await t.put('jsonata.json', JSON.stringify([{ n: 1 }, { n: 2 }, { n: 3 }]));
  const map = {
    QueryLanguage: 'JSONata',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON', MaxItems: '{% $states.input.most %}' },
      Arguments: { Bucket: 'starmap', Key: '{% $states.input.key %}' },
    },
    ItemSelector: { doubled: '{% $states.context.Map.Item.Value.n * 2 %}' },
    MaxConcurrency: '{% $states.input.most %}',
    ToleratedFailurePercentage: '{% 100 / 4 %}',
    ResultWriter: {
      Resource: 'arn:aws:states:::s3:putObject',
      Arguments: { Bucket: 'starmap', Prefix: '{% "j" & "sonata" %}' },
    },
    Output: '{% $states.result.ResultWriterDetails.Key %}',
  };
  const arn = await start(map, PASS, { key: 'jsonata.json', most: 2 });
  const key = (await t.outputOf(arn)) as string;
  expect(key).toMatch(/^jsonata\/.*manifest\.json$/);
  expect(await t.mapRunOf(arn)).toMatchObject({
    maxConcurrency: 2,
    toleratedFailurePercentage: 25,
    itemCounts: { total: 2 },
  });
  const { ResultFiles } = (await t.read(key)) as { ResultFiles: { SUCCEEDED: { Key: string }[] } };
  const written = (await t.read(ResultFiles.SUCCEEDED[0]?.Key ?? '')) as { Output: string }[];
  expect(written.map(({ Output }) => Output)).toEqual(['{"doubled":2}', '{"doubled":4}']);
});

test('children are listed by map run and status, and described with input and output', async () => {
  const arn = await start({ ItemsPath: '$' }, PASS, [{ n: 1 }, { n: 2 }]);
  await t.ended(arn);
  const { mapRunArn } = await t.mapRunOf(arn);
  const { executions } = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'SUCCEEDED' }));
  expect(executions).toHaveLength(2);
  expect(executions?.[0]).toMatchObject({ mapRunArn, itemCount: 1, status: 'SUCCEEDED' });
  const described = await Promise.all(
    (executions ?? []).map(({ executionArn }) => t.sfn().send(new DescribeExecutionCommand({ executionArn }))),
  );
  expect(described.map(({ input, output }) => [input, output]).sort()).toEqual([
    ['{"n":1}', '{"n":1}'],
    ['{"n":2}', '{"n":2}'],
  ]);
  const { events } = await t
    .sfn()
    .send(new GetExecutionHistoryCommand({ executionArn: executions?.[0]?.executionArn }));
  expect(events?.map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'PassStateEntered',
    'PassStateExited',
    'ExecutionSucceeded',
  ]);
});

test('a map run that is slow is hastened by UpdateMapRun while it runs', async () => {
  const child = { Type: 'Wait', Seconds: 1, End: true };
  const arn = await start(
    { ItemsPath: '$', MaxConcurrency: 1 },
    child,
    Array.from({ length: 60 }, (_, n) => n),
  );
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.succeeded).toBeGreaterThan(0);
  const { mapRunArn, executionCounts } = await t.mapRunOf(arn);
  expect(executionCounts?.running).toBe(1);
  await t.sfn().send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 60 }));
  // One after the other the rest would take a minute.
  expect(await t.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a stop aborts the children too, and their counts tell; no Catch sees it', async () => {
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Map' }];
  const arn = await start({ ItemsPath: '$', Catch }, { Type: 'Wait', Seconds: 600, End: true }, [1, 2, 3]);
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.running).toBe(3);
  await t.sfn().send(new StopExecutionCommand({ executionArn: arn }));
  expect(await t.mapRunOf(arn)).toMatchObject({
    status: 'ABORTED',
    executionCounts: { aborted: 3, running: 0, total: 3 },
  });
  const types = await t.typesOf(arn);
  expect(types.slice(-3)).toEqual(['MapRunAborted', 'MapStateAborted', 'ExecutionAborted']);
});

const besideAMap = (other: object) => ({
  StartAt: 'Both',
  States: {
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Map',
          States: { Map: mapState({ ItemsPath: '$.items' }, { Type: 'Wait', Seconds: 600, End: true }) },
        },
        { StartAt: 'Other', States: { Other: other } },
      ],
      End: true,
    },
  },
});

test('a map in a branch ends with the branch beside it, and the history says so once', async () => {
  const other = t.lambdaTask();
  const arn = await t.start(besideAMap(other), { items: [1, 2], waitMs: 300, needs: '/nowhere' });
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'NotYet' });
  expect(await t.mapRunOf(arn)).toMatchObject({ status: 'ABORTED', executionCounts: { aborted: 2 } });
  expect((await t.typesOf(arn)).filter((type) => type?.startsWith('Map') && type.endsWith('Aborted'))).toEqual([
    'MapRunAborted',
    'MapStateAborted',
  ]);
});

test('so it does when the execution is stopped', async () => {
  const arn = await t.start(besideAMap({ Type: 'Wait', Seconds: 600, End: true }), { items: [1, 2] });
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.running).toBe(2);
  await t.sfn().send(new StopExecutionCommand({ executionArn: arn }));
  expect((await t.typesOf(arn)).slice(-4)).toEqual([
    'MapRunAborted',
    'WaitStateAborted',
    'MapStateAborted',
    'ExecutionAborted',
  ]);
});

test('limits on failures are changed while a map runs', async () => {
  const items = [{ needs: '/nowhere' }, { n: 2, waitMs: 1500 }, { n: 3 }];
  const arn = await start({ ItemsPath: '$', ToleratedFailureCount: 3, MaxConcurrency: 2 }, t.lambdaTask(), items);
  await expect.poll(async () => (await t.mapRunOf(arn)).itemCounts?.failed).toBe(1);
  const { mapRunArn } = await t.mapRunOf(arn);
  await t.sfn().send(new UpdateMapRunCommand({ mapRunArn, toleratedFailureCount: 0 }));
  expect(await t.ended(arn)).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' });
  expect(await t.mapRunOf(arn)).toMatchObject({ status: 'FAILED', toleratedFailureCount: 0 });
});

test('a Retry of the map is a map run of its own; they are listed latest first, in pages', async () => {
  const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 1, BackoffRate: 1 }];
  const executionArn = await start({ ItemsPath: '$', Retry }, t.lambdaTask(), [{ needs: '/nowhere' }]);
  await t.ended(executionArn);
  const seen: number[] = [];
  let nextToken: string | undefined;
  do {
    const page = await t.sfn().send(new ListMapRunsCommand({ executionArn, maxResults: 2, nextToken }));
    for (const { startDate, stopDate, stateMachineArn } of page.mapRuns ?? []) {
      expect(stateMachineArn).toMatch(/:stateMachine:machine-\d+\/Map$/);
      expect(stopDate).toBeInstanceOf(Date);
      seen.push(startDate?.getTime() ?? 0);
    }
    nextToken = page.nextToken;
  } while (nextToken);
  expect(seen).toHaveLength(3);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  expect((await t.typesOf(executionArn)).filter((type) => type === 'MapRunFailed')).toHaveLength(3);
});

test('children are listed in pages while they run, each once', async () => {
  const items = Array.from({ length: 25 }, (_, n) => ({ n }));
  const child = { Type: 'Wait', SecondsPath: '$.n', End: true };
  const arn = await start({ ItemsPath: '$', ItemSelector: { 'n.$': '$$.Map.Item.Value.n' } }, child, items);
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts).toMatchObject({ succeeded: 1, running: 24 });
  const { mapRunArn } = await t.mapRunOf(arn);
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, maxResults: 7, nextToken }));
    names.push(...(page.executions ?? []).map(({ name }) => name ?? ''));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(names).toHaveLength(25);
  expect(new Set(names).size).toBe(25);
  await t.sfn().send(new StopExecutionCommand({ executionArn: arn }));
  const { executions } = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'ABORTED' }));
  expect(executions?.length).toBeGreaterThan(20);
});

test('a running child is described, and its history told', async () => {
  const arn = await start({ ItemsPath: '$' }, { Type: 'Wait', Seconds: 600, End: true }, [{ n: 1 }]);
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.running).toBe(1);
  const { mapRunArn } = await t.mapRunOf(arn);
  const { executions } = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'RUNNING' }));
  const childArn = executions?.[0]?.executionArn ?? '';
  expect(await t.executionOf(childArn)).toMatchObject({ status: 'RUNNING', input: '{"n":1}', mapRunArn });
  expect(await t.typesOf(childArn)).toEqual(['ExecutionStarted', 'WaitStateEntered']);
  await expect(t.sfn().send(new StopExecutionCommand({ executionArn: childArn }))).rejects.toThrow(/not supported/);
  await t.sfn().send(new StopExecutionCommand({ executionArn: arn }));
  expect(await t.executionOf(childArn)).toMatchObject({ status: 'ABORTED', stopDate: expect.any(Date) });
  expect((await t.typesOf(childArn)).at(-1)).toBe('ExecutionAborted');
});

test('a map run that is not there is told so', async () => {
  const mapRunArn = 'arn:aws:states:us-east-1:000000000000:mapRun:none/Map:00000000-0000-0000-0000-000000000000';
  await expect(t.sfn().send(new DescribeMapRunCommand({ mapRunArn }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  });
});
