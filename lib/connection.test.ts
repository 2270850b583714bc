import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backendInUse, connection, onConnection } from './connection.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'starmap-connection-'));
  for (const name of Object.keys(process.env))
    if (/^(STARMAP_|AWS_|DATABASE_URL)/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('STARMAP_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const write = (name: string, content: unknown) =>
  writeFileSync(path.join(home, name), typeof content === 'string' ? content : JSON.stringify(content));

const fn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const aws = (changes: object = {}) => ({
  region: 'eu-west-1',
  profile: 'lab',
  roleArn: 'arn:aws:iam::123456789012:role/starmap-dashboard',
  stackName: 'Starmap',
  outputs: {
    Bucket: 'lab-data',
    StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:starmap',
    InitializeFunctionArn: fn('init'),
    SummarizeFunctionArn: fn('sum'),
    InferenceFunctionArns: JSON.stringify({ '2048': fn('inf-2048') }),
    LogGroups: JSON.stringify({ 'inference-2048': '/starmap/inference-2048' }),
    DefaultMemoryMb: '2048',
    DashboardPolicyArn: 'arn:aws:iam::123456789012:policy/dashboard',
    ReadOnlyPolicyArn: 'arn:aws:iam::123456789012:policy/looking',
    SomethingElse: 'is left alone',
  },
  savedAt: '2026-11-24T08:00:00.000Z',
  ...changes,
});

test('a switch in the files takes effect at the next call; the environment wins over it', () => {
  expect(backendInUse()).toBe('local');
  write('settings.json', { backend: 'aws' });
  expect(() => connection()).toThrow('No AWS deployment is chosen');
  write('aws.json', aws());
  expect(connection()).toMatchObject({
    kind: 'aws',
    label: 'AWS eu-west-1 · lab',
    endpoint: null,
    accessKeyId: null,
    profile: 'lab',
    roleArn: 'arn:aws:iam::123456789012:role/starmap-dashboard',
    bucket: 'lab-data',
    functions: { initialize: fn('init'), inference: { '2048': fn('inf-2048') } },
    // What the stack says, else Lambda's own naming.
    logGroups: { 'inference-2048': '/starmap/inference-2048', initialize: '/aws/lambda/init' },
    defaultMemoryMb: 2048,
  });
  write('settings.json', { backend: 'local' });
  expect(() => connection()).toThrow('The local runtime has not been started');
  vi.stubEnv('STARMAP_BACKEND', 'aws');
  expect(connection().kind).toBe('aws');
});

test('profile and region of the environment win; a stack of another region is refused in words', () => {
  write('settings.json', { backend: 'aws' });
  write('aws.json', aws());
  vi.stubEnv('AWS_PROFILE', 'other');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:5000');
  expect(connection()).toMatchObject({ profile: 'other', endpoint: 'http://127.0.0.1:5000' });
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  expect(connection()).toMatchObject({ profile: null, label: 'AWS eu-west-1' });
  vi.stubEnv('AWS_DEFAULT_REGION', 'us-east-1');
  expect(() => connection()).toThrow(
    'The chosen stack lies in eu-west-1, but AWS_DEFAULT_REGION is us-east-1. Unset AWS_DEFAULT_REGION and restart, or choose a stack of us-east-1 in Settings.',
  );
});

test('a deployment named by the environment needs no file, and no file counts', () => {
  vi.stubEnv('STARMAP_BACKEND', 'aws');
  write('aws.json', aws());
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('STARMAP_BUCKET', 'container-data');
  vi.stubEnv('STARMAP_STATE_MACHINE_ARN', 'arn:aws:states:us-east-1:123456789012:stateMachine:starmap');
  expect(connection()).toMatchObject({ bucket: 'container-data', profile: null, roleArn: null, region: 'us-east-1' });
});

test.each([
  ['settings.json', '{"backend":"azure"}', 'must be {"backend":"local"} or {"backend":"aws"}'],
  ['aws.json', '{"region":', 'choose the stack again in Settings'],
  ['aws.json', aws({ outputs: { ...aws().outputs, InferenceFunctionArns: '{oops' } }), 'choose the stack again'],
])('a damaged %s says which file and what to do', (name, content, words) => {
  write('settings.json', { backend: 'aws' });
  write(name, content);
  expect(() => connection()).toThrow(`${path.join(home, name)} `);
  expect(() => connection()).toThrow(words);
});

test('work that has begun on one connection ends on it, whatever is switched to meanwhile', async () => {
  write('settings.json', { backend: 'aws' });
  write('aws.json', aws());
  const buckets = await onConnection(connection(), async () => {
    const before = connection().bucket;
    write('aws.json', aws({ outputs: { ...aws().outputs, Bucket: 'another' } }));
    await new Promise((resolve) => setImmediate(resolve));
    return [before, connection().bucket];
  });
  expect(buckets).toEqual(['lab-data', 'lab-data']);
  expect(connection().bucket).toBe('another');
});

test('a file that may not be read is not taken for one that is not there', () => {
  if (process.getuid?.() === 0) return;
  write('settings.json', { backend: 'aws' });
  chmodSync(path.join(home, 'settings.json'), 0o000);
  expect(() => connection()).toThrow('settings.json');
});
