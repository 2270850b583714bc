import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../runtime.fixture.ts';
import { NOT_SUPPORTED } from './not-supported.ts';

let runtime: RuntimeProcess;
let sfn: SFNClient;
const roleArn = 'arn:aws:iam::000000000000:role/test';
const pass = (result: unknown) =>
  JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', Result: result, End: true } } });

beforeAll(async () => {
  runtime = await startRuntimeProcess();
  sfn = new SFNClient({ ...runtime.client(), maxAttempts: 1 });
});
afterAll(() => runtime.remove());

const create = async (name: string, definition = pass(1)) =>
  (await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn }))).stateMachineArn as string;

test('created, described, listed, updated, deleted', async () => {
  const stateMachineArn = await create('life');
  expect(stateMachineArn).toBe('arn:aws:states:us-east-1:000000000000:stateMachine:life');
  expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
    name: 'life',
    status: 'ACTIVE',
    type: 'STANDARD',
    definition: pass(1),
    roleArn,
    creationDate: expect.any(Date),
  });
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  expect(stateMachines?.map(({ name }) => name)).toEqual(expect.arrayContaining(['life', 'starmap']));
  const before = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: pass(2) }));
  const after = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(after.definition).toBe(pass(2));
  expect(after.revisionId).not.toBe(before.revisionId);
  await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await expect(sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject({
    name: 'StateMachineDoesNotExist',
  });
  // Deleting what is not there is no error, as on AWS.
  await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
});

test('creating the same again gives the same; another definition under the name is refused', async () => {
  const arn = await create('twice');
  expect(await create('twice')).toBe(arn);
  await expect(create('twice', pass(2))).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
});

test.each([
  ['not JSON', '{', 'InvalidDefinition'],
  ['no StartAt', '{"States":{}}', 'InvalidDefinition'],
  ['a Next that leads nowhere', '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}', 'InvalidDefinition'],
  ['an unknown state type', '{"StartAt":"A","States":{"A":{"Type":"Dance","End":true}}}', 'InvalidDefinition'],
])('%s is refused at creation', async (_, definition, name) => {
  await expect(create('bad', definition)).rejects.toMatchObject({ name });
});

test('a name with forbidden characters is refused', async () => {
  await expect(create('a b')).rejects.toMatchObject({ name: 'InvalidName' });
});

const map = (more: object, processor: object = {}) => ({
  Type: 'Map',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD', ...processor },
    StartAt: 'P',
    States: { P: { Type: 'Pass', End: true } },
  },
  End: true,
  ...more,
});
const reader = (ReaderConfig: object, more: object = {}) => ({
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig,
    Parameters: { Bucket: 'b', Key: 'k', ...more },
  },
});

test.each([
  [
    'a task of another service',
    { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: {}, End: true },
  ],
  ['an activity', { Type: 'Task', Resource: 'arn:aws:states:us-east-1:000000000000:activity:a', End: true }],
  ['express children', map({ ItemsPath: '$' }, { ExecutionType: 'EXPRESS' })],
  ['items in Parquet', map(reader({ InputType: 'PARQUET' }))],
  ['a manifest of Athena', map(reader({ InputType: 'MANIFEST', ManifestType: 'ATHENA_DATA' }))],
  ['an old version of a file', map(reader({ InputType: 'JSON' }, { 'VersionId.$': '$.v' }))],
  ['JSON lines as the output of a state', map({ ResultWriter: { WriterConfig: { OutputType: 'JSONL' } } })],
])('%s is refused at creation as beyond the local runtime', async (_, state) => {
  const definition = JSON.stringify({ StartAt: 'S', States: { S: state } });
  await expect(create('beyond', definition)).rejects.toThrow(/not supported by the local runtime/);
});

const refusals = Object.entries(NOT_SUPPORTED).flatMap(([action, fields]) =>
  fields.map(({ field, example }) => [action, field, example] as const),
);
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:starmap';
const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:starmap:none';
const commands: Record<string, (field: object) => unknown> = {
  CreateStateMachine: (field) =>
    new CreateStateMachineCommand({ name: 'beyond', definition: pass(1), roleArn, ...field }),
  UpdateStateMachine: (field) => new UpdateStateMachineCommand({ stateMachineArn, ...field }),
  ValidateStateMachineDefinition: (field) =>
    new ValidateStateMachineDefinitionCommand({ definition: pass(1), ...field }),
  DescribeStateMachine: (field) => new DescribeStateMachineCommand({ stateMachineArn, ...field }),
  DescribeStateMachineForExecution: (field) => new DescribeStateMachineForExecutionCommand({ executionArn, ...field }),
  DescribeExecution: (field) => new DescribeExecutionCommand({ executionArn, ...field }),
};

test.each(refusals)('%s refuses %s %j as beyond the local runtime', async (action, field, example) => {
  const command = commands[action]?.({ [field]: example }) as CreateStateMachineCommand;
  const refusal = { name: 'ValidationException', message: expect.stringContaining(`(${field})`) };
  await expect(sfn.send(command)).rejects.toMatchObject(refusal);
});

test('what is AWS’s default in those fields is taken', async () => {
  const defaults = {
    loggingConfiguration: { level: 'OFF' as const },
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' as const },
    publish: false,
    tags: [],
    type: 'STANDARD' as const,
  };
  await sfn.send(new CreateStateMachineCommand({ name: 'defaults', definition: pass(1), roleArn, ...defaults }));
});

test('a call that is missing altogether is refused too', async () => {
  await expect(sfn.send(new CreateActivityCommand({ name: 'a' }))).rejects.toThrow(
    /not supported by the local runtime: AWSStepFunctions.CreateActivity/,
  );
});

test('a definition is validated with a diagnosis that names the place', async () => {
  const good = await sfn.send(new ValidateStateMachineDefinitionCommand({ definition: pass(1) }));
  expect(good).toMatchObject({ result: 'OK', diagnostics: [] });
  const definition = '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Missing"}}}';
  const bad = await sfn.send(new ValidateStateMachineDefinitionCommand({ definition }));
  expect(bad.result).toBe('FAIL');
  expect(bad.diagnostics?.[0]).toMatchObject({ severity: 'ERROR', code: expect.any(String) });
  expect(JSON.stringify(bad.diagnostics)).toContain('Missing');
});

test('an execution keeps the definition it was started with', async () => {
  const definition = JSON.stringify({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } });
  const stateMachineArn = await create('kept', definition);
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: pass(2) }));
  const described = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  expect(described).toMatchObject({ stateMachineArn, name: 'kept', definition });
});

test('lists are paged', async () => {
  for (const n of [1, 2, 3, 4, 5]) await create(`page-${n}`);
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListStateMachinesCommand({ maxResults: 2, nextToken }));
    expect(page.stateMachines?.length).toBeLessThanOrEqual(2);
    names.push(...(page.stateMachines ?? []).map(({ name }) => name ?? ''));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(5);
  expect(new Set(names).size).toBe(names.length);
  await expect(sfn.send(new ListStateMachinesCommand({ nextToken: 'nonsense' }))).rejects.toMatchObject({
    name: 'InvalidToken',
  });
});
