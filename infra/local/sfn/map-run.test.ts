import { gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../runtime.fixture.ts';

let runtime: RuntimeProcess;
let sfn: SFNClient;
let s3: S3Client;
let machines = 0;

beforeAll(async () => {
  // Fails until a file named by the item exists: what a redrive mends.
  runtime = await startRuntimeProcess(`
    import { existsSync } from 'node:fs';
    export const handler = async (event) => {
      if (event.needs && !existsSync(event.needs)) { const error = new Error(event.needs); error.name = 'NotYet'; throw error; }
      if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
      return event;
    };`);
  sfn = new SFNClient({ ...runtime.client(), maxAttempts: 1 });
  s3 = new S3Client({ ...runtime.client(), forcePathStyle: true });
});
afterAll(() => runtime.remove());

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: 'starmap', Key, Body }));
const read = async (Key: string) =>
  JSON.parse((await (await s3.send(new GetObjectCommand({ Bucket: 'starmap', Key }))).Body?.transformToString()) ?? '');
const PASS = { Type: 'Pass', End: true };
const lambda = () => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: runtime.connection().functions.inference['1024'], 'Payload.$': '$' },
  OutputPath: '$.Payload',
  End: true,
});
const machineOf = (map: object, child: object = PASS) => ({
  StartAt: 'Map',
  States: {
    Map: {
      Type: 'Map',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Child',
        States: { Child: child },
      },
      End: true,
      ...map,
    },
  },
});
async function start(map: object, child: object = PASS, input: unknown = {}): Promise<string> {
  machines += 1;
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: `map-${machines}`,
      definition: JSON.stringify(machineOf(map, child)),
      roleArn: 'arn:aws:iam::000000000000:role/test',
    }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return executionArn as string;
}
async function ended(executionArn: string) {
  await vi.waitFor(
    async () => expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).not.toBe('RUNNING'),
    { timeout: 20_000 },
  );
  return sfn.send(new DescribeExecutionCommand({ executionArn }));
}
const outputOf = async (executionArn: string) => {
  const { status, output, error, cause } = await ended(executionArn);
  expect({ status, error, cause }).toMatchObject({ status: 'SUCCEEDED' });
  return JSON.parse(output ?? 'null') as unknown;
};
const mapRunOf = async (executionArn: string) => {
  const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  expect(mapRuns).toHaveLength(1);
  const mapRunArn = mapRuns?.[0]?.mapRunArn;
  return sfn.send(new DescribeMapRunCommand({ mapRunArn }));
};
const typesOf = async (executionArn: string) =>
  ((await sfn.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? []).map(({ type }) => type);

describe('where items come from', () => {
  const getObject = (Key: string, ReaderConfig: object) => ({
    ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig, Parameters: { Bucket: 'starmap', Key } },
  });

  test('the listing of a prefix, past a thousand keys', async () => {
    const keys = Array.from({ length: 1_005 }, (_, n) => `listed/${String(n).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => put(key, 'x')));
    const arn = await start({
      ItemReader: {
        Resource: 'arn:aws:states:::s3:listObjectsV2',
        Parameters: { Bucket: 'starmap', Prefix: 'listed/' },
      },
      ItemSelector: { 'key.$': '$$.Map.Item.Value.Key', 'size.$': '$$.Map.Item.Value.Size' },
    });
    expect(await outputOf(arn)).toEqual(keys.map((key) => ({ key, size: 1 })));
  });

  test('a JSON array, at a pointer where one is given', async () => {
    await put('reader.json', JSON.stringify({ deep: { 'a/b': [{ n: 1 }, { n: 2 }] } }));
    expect(
      await outputOf(await start(getObject('reader.json', { InputType: 'JSON', ItemsPointer: '/deep/a~1b' }))),
    ).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('JSON lines, the last without a line end', async () => {
    await put('reader.jsonl', '{"n":1}\n{"n":2}\r\n\n{"n":3}');
    expect(await outputOf(await start(getObject('reader.jsonl', { InputType: 'JSONL' })))).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  test('CSV with its header in the first row, quoted fields and line breaks in them', async () => {
    await put('reader.csv', 'file,note\r\n1.npy,"a, ""b""\nc"\r\n2.npy,\r\n');
    const config = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' };
    expect(await outputOf(await start(getObject('reader.csv', config)))).toEqual([
      { file: '1.npy', note: 'a, "b"\nc' },
      { file: '2.npy', note: '' },
    ]);
  });

  test('CSV with given headers and MaxItems', async () => {
    await put('given.csv', '1|one\n2|two\n3|three\n');
    const config = {
      InputType: 'CSV',
      CSVHeaderLocation: 'GIVEN',
      CSVHeaders: ['n', 'word'],
      CSVDelimiter: 'PIPE',
      MaxItems: 2,
    };
    expect(await outputOf(await start(getObject('given.csv', config)))).toEqual([
      { n: '1', word: 'one' },
      { n: '2', word: 'two' },
    ]);
  });

  test('the objects of an S3 inventory, by its manifest', async () => {
    const rows = '"data","in%20place/1.npy","10"\n"data","in%20place/2.npy","20"\n';
    await s3.send(new PutObjectCommand({ Bucket: 'starmap', Key: 'inventory/1.csv.gz', Body: gzipSync(rows) }));
    const files = [{ key: 'inventory/1.csv.gz', size: 1 }];
    const manifest = {
      destinationBucket: 'arn:aws:s3:::starmap',
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, Size',
      files,
    };
    await put('inventory/manifest.json', JSON.stringify(manifest));
    const config = { InputType: 'MANIFEST', ManifestType: 'S3_INVENTORY' };
    expect(await outputOf(await start(getObject('inventory/manifest.json', config)))).toEqual([
      { Bucket: 'data', Key: 'in place/1.npy', Size: '10' },
      { Bucket: 'data', Key: 'in place/2.npy', Size: '20' },
    ]);
  });

  test('a file that is not there or is no JSON fails with States.ItemReaderFailed', async () => {
    await put('broken.json', '[1,');
    for (const key of ['none.json', 'broken.json'])
      expect(await ended(await start(getObject(key, { InputType: 'JSON' })))).toMatchObject({
        status: 'FAILED',
        error: 'States.ItemReaderFailed',
      });
  });
});

test('items are selected, and grouped by count with what all groups share', async () => {
  const map = {
    ItemsPath: '$.items',
    ItemSelector: { 'n.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index' },
    ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { 'run.$': '$.run' } },
  };
  const arn = await start(map, PASS, { run: 'r1', items: [10, 20, 30] });
  expect(await outputOf(arn)).toEqual([
    {
      BatchInput: { run: 'r1' },
      Items: [
        { n: 10, at: 0 },
        { n: 20, at: 1 },
      ],
    },
    { BatchInput: { run: 'r1' }, Items: [{ n: 30, at: 2 }] },
  ]);
  expect(await mapRunOf(arn)).toMatchObject({
    itemCounts: { succeeded: 3, total: 3 },
    executionCounts: { succeeded: 2, total: 2 },
  });
});

test('groups by size stay below it', async () => {
  const items = Array.from({ length: 10 }, (_, n) => `${n}`.padEnd(98, '.'));
  const arn = await start({ ItemsPath: '$', ItemBatcher: { MaxInputBytesPerBatch: 500 } }, PASS, items);
  const groups = (await outputOf(arn)) as { Items: string[] }[];
  expect(groups.flatMap(({ Items }) => Items)).toEqual(items);
  expect(groups.length).toBeGreaterThan(1);
  for (const group of groups) expect(JSON.stringify(group).length).toBeLessThanOrEqual(500 + 12);
});

test('failures beyond the tolerance fail the map; the result files hold both kinds', async () => {
  const map = {
    ItemsPath: '$.items',
    ToleratedFailurePercentagePath: '$.tolerated',
    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'starmap', Prefix: 'written' } },
  };
  const items = [{ n: 1 }, { n: 2, needs: '/nowhere' }, { n: 3 }, { n: 4 }];
  const tolerated = await start(map, lambda(), { items, tolerated: 25 });
  const { ResultWriterDetails } = (await outputOf(tolerated)) as {
    ResultWriterDetails: { Bucket: string; Key: string };
  };
  const manifest = (await read(ResultWriterDetails.Key)) as {
    ResultFiles: Record<string, { Key: string; Size: number }[]>;
  };
  expect(manifest.ResultFiles.PENDING).toEqual([]);
  const succeeded = (await read(manifest.ResultFiles.SUCCEEDED?.[0]?.Key ?? '')) as {
    Input: string;
    Output: string;
    Status: string;
  }[];
  expect(succeeded.map(({ Input, Output, Status }) => [Input, Output, Status])).toEqual(
    [1, 3, 4].map((n) => [`{"n":${n}}`, `{"n":${n}}`, 'SUCCEEDED']),
  );
  const failed = (await read(manifest.ResultFiles.FAILED?.[0]?.Key ?? '')) as { Error: string; Status: string }[];
  expect(failed).toEqual([expect.objectContaining({ Error: 'NotYet', Status: 'FAILED' })]);
  expect(await ended(await start(map, lambda(), { items, tolerated: 24 }))).toMatchObject({
    status: 'FAILED',
    error: 'States.ExceedToleratedFailureThreshold',
  });
});

test('JSONata: reader, selector, limits and writer are given as expressions', async () => {
  await put('jsonata.json', JSON.stringify([{ n: 1 }, { n: 2 }, { n: 3 }]));
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
  const key = (await outputOf(arn)) as string;
  expect(key).toMatch(/^jsonata\/.*manifest\.json$/);
  expect(await mapRunOf(arn)).toMatchObject({
    maxConcurrency: 2,
    toleratedFailurePercentage: 25,
    itemCounts: { total: 2 },
  });
  const { ResultFiles } = (await read(key)) as { ResultFiles: { SUCCEEDED: { Key: string }[] } };
  const written = (await read(ResultFiles.SUCCEEDED[0]?.Key ?? '')) as { Output: string }[];
  expect(written.map(({ Output }) => Output)).toEqual(['{"doubled":2}', '{"doubled":4}']);
});

test('children are listed by map run and status, and described with input and output', async () => {
  const arn = await start({ ItemsPath: '$' }, PASS, [{ n: 1 }, { n: 2 }]);
  await ended(arn);
  const { mapRunArn } = await mapRunOf(arn);
  const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'SUCCEEDED' }));
  expect(executions).toHaveLength(2);
  expect(executions?.[0]).toMatchObject({ mapRunArn, itemCount: 1, status: 'SUCCEEDED' });
  const described = await Promise.all(
    (executions ?? []).map(({ executionArn }) => sfn.send(new DescribeExecutionCommand({ executionArn }))),
  );
  expect(described.map(({ input, output }) => [input, output]).sort()).toEqual([
    ['{"n":1}', '{"n":1}'],
    ['{"n":2}', '{"n":2}'],
  ]);
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: executions?.[0]?.executionArn }));
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
  await vi.waitFor(async () => expect((await mapRunOf(arn)).executionCounts?.succeeded).toBeGreaterThan(0), {
    timeout: 10_000,
  });
  const { mapRunArn, executionCounts } = await mapRunOf(arn);
  expect(executionCounts?.running).toBe(1);
  await sfn.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 60 }));
  // One after the other the rest would take a minute.
  expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a stop aborts the children too, and their counts tell', async () => {
  const arn = await start({ ItemsPath: '$' }, { Type: 'Wait', Seconds: 600, End: true }, [1, 2, 3]);
  await vi.waitFor(async () => expect((await mapRunOf(arn)).executionCounts?.running).toBe(3), { timeout: 10_000 });
  await sfn.send(new StopExecutionCommand({ executionArn: arn }));
  expect(await mapRunOf(arn)).toMatchObject({
    status: 'ABORTED',
    executionCounts: { aborted: 3, running: 0, total: 3 },
  });
  const types = await typesOf(arn);
  expect(types.slice(-3)).toEqual(['MapRunAborted', 'MapStateAborted', 'ExecutionAborted']);
});

test('a map run that is not there is told so', async () => {
  const mapRunArn = 'arn:aws:states:us-east-1:000000000000:mapRun:none/Map:00000000-0000-0000-0000-000000000000';
  await expect(sfn.send(new DescribeMapRunCommand({ mapRunArn }))).rejects.toMatchObject({ name: 'ResourceNotFound' });
});
