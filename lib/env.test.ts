import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connection } from './connection.ts';
import { env } from './env.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'starmap-env-'));
  for (const name of Object.keys(process.env))
    if (/^(STARMAP_|AWS_|DATABASE_URL|MOTO_PYTHON|REMOTE$)/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('STARMAP_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const file = (port: number) =>
  writeFileSync(
    path.join(home, 'connection.json'),
    JSON.stringify({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      accountId: '000000000000',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      bucket: 'starmap',
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:starmap',
      functions: { initialize: 'i', summarize: 's', inference: { '2048': 'f' } },
      logGroups: { 'inference-2048': '/aws/lambda/f' },
      defaultMemoryMb: 2048,
      pid: 1,
    }),
  );

test('with nothing set: the local runtime, its state in .starmap here', () => {
  vi.stubEnv('STARMAP_HOME', undefined);
  const here = path.resolve('.starmap');
  expect(env()).toEqual({
    backend: null,
    home: here,
    host: '127.0.0.1',
    port: 4680,
    runtimePort: 4681,
    databaseUrl: `file:${here}/starmap.db`,
    parallelRuns: 1,
    launcherPid: null,
    chromiumPath: null,
    motoPython: null,
    remote: false,
  });
});

test('every wrong variable is named, with what it must be; an empty one is not set', () => {
  vi.stubEnv('STARMAP_HOST', 'http://localhost');
  vi.stubEnv('STARMAP_PORT', '99999');
  vi.stubEnv('STARMAP_BACKEND', 'gcp');
  vi.stubEnv('DATABASE_URL', 'mysql://me:secret@db/x');
  vi.stubEnv('STARMAP_RUNTIME_PORT', '');
  expect(() => env()).toThrow(
    [
      'Wrong settings in the environment:',
      '  STARMAP_BACKEND must be "local" or "aws"',
      '  STARMAP_HOST must be an address to listen on, such as 127.0.0.1 or 0.0.0.0',
      '  STARMAP_PORT must be a port number from 0 to 65535',
      '  DATABASE_URL must begin with file: (SQLite, such as file:/data/starmap.db) or postgresql: (such as postgresql://user:password@host:5432/database)',
    ].join('\n'),
  );
});

test('a Postgres that is not well named: what is wrong is said, without the password', () => {
  const problemOf = (url: string) => {
    vi.stubEnv('DATABASE_URL', url);
    try {
      return env().databaseUrl;
    } catch (error) {
      expect(String(error)).not.toContain('se:cret');
      return String(error);
    }
  };
  for (const url of [
    'postgresql://me:p%40ss@db:5432/x',
    'postgres://db/x?sslmode=require',
    'postgresql:///x?host=/run',
  ])
    expect(problemOf(url)).toBe(url);
  expect(problemOf('postgresql://me:se:cret@db')).toContain('DATABASE_URL must name a database behind the host');
  expect(problemOf('postgresql://me:a/se:cret@db:5432/x')).toContain('DATABASE_URL is not a URL');
});

test('a runtime that was never started is told so, and found again on another port', () => {
  expect(() => connection()).toThrow('start it with npm start');
  file(4681);
  expect(connection()).toMatchObject({ endpoint: 'http://127.0.0.1:4681', kind: 'local', label: 'Local runtime' });
  file(51_234);
  expect(connection().endpoint).toBe('http://127.0.0.1:51234');
  writeFileSync(path.join(home, 'connection.json'), '{"endpoint":');
  expect(() => connection()).toThrow('restart it with npm start');
});

test('AWS: what is missing is named with where to find it', () => {
  vi.stubEnv('STARMAP_BACKEND', 'aws');
  expect(() => connection()).toThrow(/No AWS deployment is chosen.*Settings.*STARMAP_BUCKET/);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('STARMAP_INITIALIZE_FUNCTION', 'x');
  vi.stubEnv('STARMAP_BUCKET', 'data');
  expect(() => connection()).toThrow(/STARMAP_STATE_MACHINE_ARN must be the ARN/);
  vi.stubEnv('STARMAP_BUCKET', undefined);
  vi.stubEnv('STARMAP_STATE_MACHINE_ARN', 'starmap');
  expect(() => connection()).toThrow(/STARMAP_BUCKET must name .*\n.*STARMAP_STATE_MACHINE_ARN must be the ARN/);
});

test('AWS: functions and log groups from the stack’s outputs', () => {
  vi.stubEnv('STARMAP_BACKEND', 'aws');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_PROFILE', 'lab');
  vi.stubEnv('STARMAP_BUCKET', 'data');
  vi.stubEnv('STARMAP_STATE_MACHINE_ARN', 'arn:aws:states:eu-west-1:123456789012:stateMachine:starmap');
  vi.stubEnv(
    'STARMAP_INFERENCE_FUNCTIONS',
    '{"2048":"arn:aws:lambda:eu-west-1:123456789012:function:starmap-inference-2048"}',
  );
  expect(connection()).toMatchObject({
    label: 'AWS eu-west-1 · lab',
    endpoint: null,
    accessKeyId: null,
    bucket: 'data',
    logGroups: { 'inference-2048': '/aws/lambda/starmap-inference-2048' },
  });
  vi.stubEnv('STARMAP_INFERENCE_FUNCTIONS', '{oops');
  expect(() => connection()).toThrow('STARMAP_INFERENCE_FUNCTIONS must be JSON such as');
});
