import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, expect, test, vi } from 'vitest';
import { startRuntimeProcess } from './runtime.fixture.ts';

afterEach(() => vi.unstubAllEnvs());

test('the switch throttles the named action and fails S3, as the SDK knows it; the rest works', async () => {
  vi.stubEnv('STARMAP_FAULTS', '{"throttle":{"ListStateMachines":1},"s3":{"errorRate":1}}');
  const runtime = await startRuntimeProcess();
  try {
    const once = { ...runtime.client(), maxAttempts: 1 };
    await expect(new SFNClient(once).send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
    await expect(
      new S3Client({ ...once, forcePathStyle: true }).send(new ListBucketsCommand({})),
    ).rejects.toMatchObject({ name: 'InternalError', $metadata: { httpStatusCode: 500 } });
  } finally {
    await runtime.remove();
  }
});

test.each([
  ['{"lambda":{"crashRat":1}}', /STARMAP_FAULTS: lambda.*crashRat/],
  ['{"s3":{"errorRate":2}}', /STARMAP_FAULTS: s3\.errorRate/],
  ['slow', /STARMAP_FAULTS is not JSON/],
])('a switch that cannot be read (%s) stops the start with what is wrong', async (text, message) => {
  const runtime = await startRuntimeProcess();
  try {
    const args = [
      'infra/local/main.ts',
      '--home',
      `${runtime.home}/b`,
      '--port',
      '0',
      '--functions',
      `${runtime.home}/functions`,
    ];
    const env = { ...process.env, STARMAP_FAULTS: text };
    const failure = await promisify(execFile)(process.execPath, args, { env }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(failure).toMatchObject({ stderr: expect.not.stringMatching(/ at .*\.ts:\d+/) });
  } finally {
    await runtime.remove();
  }
});
