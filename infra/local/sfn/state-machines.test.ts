import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
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
const reader = (ReaderConfig: object) => ({
  ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig, Parameters: { Bucket: 'b', Key: 'k' } },
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
])('%s is refused at creation as beyond the local runtime', async (_, state) => {
  const definition = JSON.stringify({ StartAt: 'S', States: { S: state } });
  await expect(create('beyond', definition)).rejects.toThrow(/not supported by the local runtime/);
});

test('so are express machines, versions, and calls that it does not have', async () => {
  const machine = { name: 'express', definition: pass(1), roleArn };
  for (const command of [
    new CreateStateMachineCommand({ ...machine, type: 'EXPRESS' }),
    new CreateStateMachineCommand({ ...machine, publish: true }),
    new CreateActivityCommand({ name: 'a' }),
  ])
    await expect(sfn.send(command as CreateStateMachineCommand)).rejects.toThrow(/not supported by the local runtime/);
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
