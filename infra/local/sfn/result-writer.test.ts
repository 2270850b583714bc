import { writeFileSync } from 'node:fs';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  MENDABLE,
  mapMachine,
  PASS,
  type StepFunctionsUnderTest,
  startStepFunctions,
} from './step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
beforeAll(async () => {
  t = await startStepFunctions(MENDABLE);
});
afterAll(() => t.runtime.remove());

interface Manifest {
  DestinationBucket: string;
  MapRunArn: string;
  ResultFiles: Record<'FAILED' | 'PENDING' | 'SUCCEEDED', { Key: string; Size: number }[]>;
}
type Exported = Record<string, unknown>[];

const RESOURCE = 'arn:aws:states:::s3:putObject';
const to = (Prefix: string, WriterConfig?: object) => ({
  ResultWriter: {
    Resource: RESOURCE,
    Parameters: { Bucket: 'starmap', Prefix },
    ...(WriterConfig && { WriterConfig }),
  },
});
const keysUnder = async (Prefix: string) =>
  ((await t.s3().send(new ListObjectsV2Command({ Bucket: 'starmap', Prefix }))).Contents ?? []).map(({ Key }) => Key);
const text = async (Key: string) =>
  (await (await t.s3().send(new GetObjectCommand({ Bucket: 'starmap', Key }))).Body?.transformToString()) ?? '';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

test('files of what succeeded, failed and never started, exactly as AWS writes them', async () => {
  const needs = `${t.runtime.home}/never`;
  const map = { ItemsPath: '$', MaxConcurrency: 1, ToleratedFailureCount: 1, ...to('exact/') };
  const arn = await t.start(mapMachine(map, t.lambdaTask()), [{ n: 1 }, { n: 2, needs }, { n: 3, needs }, { n: 4 }]);
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
  const { mapRunArn = '' } = await t.mapRunOf(arn);
  const folder = `exact/${mapRunArn.split(':').at(-1)}`;
  expect(await keysUnder('exact/')).toEqual(
    ['FAILED_0.json', 'PENDING_0.json', 'SUCCEEDED_0.json', 'manifest.json'].map((name) => `${folder}/${name}`),
  );
  const manifest = await t.read<Manifest>(`${folder}/manifest.json`);
  const file = async (name: string) => [
    { Key: `${folder}/${name}`, Size: Buffer.byteLength(await text(`${folder}/${name}`)) },
  ];
  expect(manifest).toEqual({
    DestinationBucket: 'starmap',
    MapRunArn: mapRunArn,
    ResultFiles: {
      FAILED: await file('FAILED_0.json'),
      PENDING: await file('PENDING_0.json'),
      SUCCEEDED: await file('SUCCEEDED_0.json'),
    },
  });
  const machine = mapRunArn.replace(':mapRun:', ':stateMachine:').split(':').slice(0, 7).join(':');
  const common = {
    ExecutionArn: expect.stringContaining(':execution:'),
    InputDetails: { Included: true },
    Name: uuid,
    RedriveCount: 0,
    StartDate: time,
    StateMachineArn: machine,
    StopDate: time,
  };
  expect(await t.read<Exported>(`${folder}/SUCCEEDED_0.json`)).toEqual([
    {
      ...common,
      Input: '{"n":1}',
      Output: '{"n":1}',
      OutputDetails: { Included: true },
      RedriveStatus: 'NOT_REDRIVABLE',
      RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      Status: 'SUCCEEDED',
    },
  ]);
  expect(await t.read<Exported>(`${folder}/FAILED_0.json`)).toEqual(
    [2, 3].map((n) => ({
      ...common,
      Cause: expect.stringContaining('"errorType":"NotYet"'),
      Error: 'NotYet',
      Input: JSON.stringify({ n, needs }),
      RedriveStatus: 'REDRIVABLE_BY_MAP_RUN',
      Status: 'FAILED',
    })),
  );
  expect(await t.read<Exported>(`${folder}/PENDING_0.json`)).toEqual([
    { Input: '{"n":4}', InputDetails: { Included: true }, Status: 'PENDING' },
  ]);
});

test('all that succeeded: the state gives the place of the manifest, and no empty files are written', async () => {
  const arn = await t.start(mapMachine({ ItemsPath: '$', ...to('all') }), [1, 2]);
  const { mapRunArn = '' } = await t.mapRunOf(arn);
  const folder = `all/${mapRunArn.split(':').at(-1)}`;
  expect(await t.outputOf(arn)).toEqual({
    MapRunArn: mapRunArn,
    ResultWriterDetails: { Bucket: 'starmap', Key: `${folder}/manifest.json` },
  });
  expect(await keysUnder('all/')).toEqual([`${folder}/SUCCEEDED_0.json`, `${folder}/manifest.json`]);
});

test.each([
  ['COMPACT', 'JSON', '[[1,2],[3],{"n":4}]'],
  ['FLATTEN', 'JSON', '[1,2,3,{"n":4}]'],
  ['FLATTEN', 'JSONL', '1\n2\n3\n{"n":4}\n'],
])('outputs alone: %s as %s', async (Transformation, OutputType, expected) => {
  const prefix = `alone-${Transformation}-${OutputType}`;
  const machine = mapMachine({ ItemsPath: '$', ...to(prefix, { Transformation, OutputType }) });
  await t.outputOf(await t.start(machine, [[1, 2], [3], { n: 4 }]));
  const [file = ''] = await keysUnder(prefix);
  expect(file).toMatch(new RegExp(`/SUCCEEDED_0\\.${OutputType.toLowerCase()}$`));
  expect(await text(file)).toBe(expected);
});

test('a writer that only transforms gives the results as the output of the state', async () => {
  const outputWith = async (Transformation: string) =>
    t.outputOf(
      await t.start(mapMachine({ ItemsPath: '$', ResultWriter: { WriterConfig: { Transformation } } }), [[1, 2], [3]]),
    );
  expect(await outputWith('FLATTEN')).toEqual([1, 2, 3]);
  expect(await outputWith('COMPACT')).toEqual([[1, 2], [3]]);
  expect(await outputWith('NONE')).toMatchObject([
    { Status: 'SUCCEEDED', Output: '[1,2]' },
    { Status: 'SUCCEEDED', Output: '[3]' },
  ]);
});

test('a bucket that is not there fails the map before any child has run', async () => {
  const map = { ItemsPath: '$', ResultWriter: { Resource: RESOURCE, Parameters: { Bucket: 'nowhere', Prefix: 'x' } } };
  const arn = await t.start(mapMachine(map, PASS), [1, 2]);
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.ResultWriterFailed' });
  expect((await t.mapRunOf(arn)).executionCounts).toMatchObject({ succeeded: 0 });
  expect(await t.typesOf(arn)).toContain('MapRunFailed');
});

test('a redrive writes what it added into a folder of its own and keeps the files of before', async () => {
  const needs = `${t.runtime.home}/later`;
  const map = { ItemsPath: '$', MaxConcurrency: 1, ToleratedFailureCount: 2, ...to('redriven') };
  const items = [{ n: 1 }, { n: 2, needs }, { n: 3, needs }, { n: 4, needs: `${needs}-too` }, { n: 5 }];
  const arn = await t.start(mapMachine(map, t.lambdaTask()), items);
  await t.ended(arn);
  const folder = `redriven/${(await t.mapRunOf(arn)).mapRunArn?.split(':').at(-1)}`;
  const first = await t.read<Manifest>(`${folder}/manifest.json`);
  writeFileSync(needs, '');
  await t.sfn().send(new RedriveExecutionCommand({ executionArn: arn }));
  expect(await t.outputOf(arn)).toMatchObject({ ResultWriterDetails: { Key: `${folder}/Redrive-1/manifest.json` } });
  const second = await t.read<Manifest>(`${folder}/Redrive-1/manifest.json`);
  expect(second.ResultFiles.SUCCEEDED.map(({ Key }) => Key)).toEqual([
    `${folder}/SUCCEEDED_0.json`,
    `${folder}/Redrive-1/SUCCEEDED_0.json`,
  ]);
  expect(second.ResultFiles.SUCCEEDED[0]).toEqual(first.ResultFiles.SUCCEEDED[0]);
  const ranks = async (key: string) =>
    (await t.read<{ Input: string; RedriveCount: number }[]>(key)).map(({ Input, RedriveCount }) => [
      (JSON.parse(Input) as { n: number }).n,
      RedriveCount,
    ]);
  expect(await ranks(`${folder}/SUCCEEDED_0.json`)).toEqual([[1, 0]]);
  expect(await ranks(`${folder}/Redrive-1/SUCCEEDED_0.json`)).toEqual([
    [2, 1],
    [3, 1],
    [5, 0],
  ]);
  expect(await ranks(`${folder}/Redrive-1/FAILED_0.json`)).toEqual([[4, 1]]);
  expect(second.ResultFiles.PENDING).toEqual([]);
});
