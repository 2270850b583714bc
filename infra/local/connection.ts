import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Credentials } from './sigv4.ts';

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';
export const BUCKET = 'starmap';

/** Memory sizes that have an inference function of their own, MB: Lambda bills what is configured, so a run chooses. */
export const MEMORY_SIZES_MB = [512, 1024, 2048, 3008, 4096, 10_240];
export const DEFAULT_MEMORY_MB = 2048;

export const functionArn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;
export const stateMachineArn = (name: string) => `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:${name}`;

/** The key pair of this state folder: random, made at its first start, readable by its owner only. */
export function credentialsOf(home: string): Credentials {
  const file = path.join(home, 'runtime', 'credentials.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const letters = randomBytes(10).toString('hex').toUpperCase().slice(0, 16);
  const credentials = { accessKeyId: `AKIA${letters}`, secretAccessKey: randomBytes(30).toString('base64') };
  writePrivately(file, credentials);
  return credentials;
}

/** Tells the dashboard, the CLI and the tests where the runtime is: what a stack's outputs tell on AWS. */
export function writeConnection(home: string, port: number, credentials: Credentials): string {
  const endpoint = `http://127.0.0.1:${port}`;
  const inference = MEMORY_SIZES_MB.map((memoryMb) => [String(memoryMb), `starmap-inference-${memoryMb}`] as const);
  const logGroup = (name: string) => `/aws/lambda/starmap-${name}`;
  writePrivately(path.join(home, 'connection.json'), {
    endpoint,
    region: REGION,
    accountId: ACCOUNT_ID,
    ...credentials,
    bucket: BUCKET,
    stateMachineArn: stateMachineArn('starmap'),
    functions: {
      initialize: functionArn('starmap-initialize'),
      summarize: functionArn('starmap-summarize'),
      inference: Object.fromEntries(inference.map(([memoryMb, name]) => [memoryMb, functionArn(name)])),
    },
    logGroups: Object.fromEntries(
      ['initialize', 'summarize', ...MEMORY_SIZES_MB.map((memoryMb) => `inference-${memoryMb}`)].map((name) => [
        name,
        logGroup(name),
      ]),
    ),
    defaultMemoryMb: DEFAULT_MEMORY_MB,
    pid: process.pid,
  });
  return endpoint;
}

/** Whole or not at all: readers may look at any moment. */
function writePrivately(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
