import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'starmap-cli-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs a command as a terminal would. */
const starmap = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, STARMAP_HOME: home, STARMAP_BACKEND: 'local' };
    execFile(process.execPath, ['lib/cli/main.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

test.each([
  ['an option that is missing', ['launch'], "required option '--dataset <list>' not specified"],
  ['an argument that is missing', ['watch'], "missing required argument 'id'"],
  ['an option that is not known', ['model', 'list', '--all'], "unknown option '--all'"],
  [
    'a benchmark that there is not, before anything is built',
    ['bench', 'inferense'],
    "command-argument value 'inferense' is invalid for argument 'names'. Allowed choices are inference, runtime, summarize.",
  ],
  [
    'a size that is none',
    ['launch', '--dataset', 's3://starmap/datasets/sky', '--size', '5XB'],
    '--size must be a size above 0 such as 200MB or 64MiB, not "5XB"',
  ],
  [
    'each of several options that do not fit, by its own name,',
    ['launch', '--dataset', 'starmap/datasets/sky', '--batch', '0', '--memory', '5', '--workers', '-1'],
    [
      '3 fields need another value before this can be launched.',
      '  --batch: Batch size must be a whole number from 1 to 100,000',
      '  --memory: Memory must be a whole number from 128 to 10,240',
      '  --workers: Workers must be a whole number from 1 to 10,000,000',
    ].join('\n'),
  ],
  [
    'a list that is given in several options, as a whole,',
    ['launch', '--dataset', 'starmap/datasets/sky', '--batch', '0', '--batch', '512', '--memory', '5'],
    [
      '2 fields need another value before this can be launched.',
      '  --batch: Batch size must be a whole number from 1 to 100,000',
      '  --memory: Memory must be a whole number from 128 to 10,240',
    ].join('\n'),
  ],
  [
    'a place that lacks a name',
    ['model', 'install', 'lambdas/models/photoz', '--out', 's3://starmap/models/'],
    '--out lacks a name: s3://starmap/models/<name>',
  ],
  [
    'a place to download to that is a folder',
    ['download', 'r', '--out', '.'],
    `${process.cwd()} is a folder: name a file in it by --out.`,
  ],
  [
    'a place to download to that is not there',
    ['download', 'r', '--out', '/no/such/folder/x.json'],
    'There is no folder /no/such/folder.',
  ],
])('%s is said in words, and with --json as an object', async (_, args, message) => {
  expect(await starmap(...args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  const asJson = await starmap(...args, '--json');
  expect(asJson).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  expect(JSON.parse(asJson.stdout)).toEqual({ error: message });
});

test('help is no failure', async () => {
  expect(await starmap('launch', '--help', '--json')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Usage: starmap launch/),
    stderr: '',
  });
});
