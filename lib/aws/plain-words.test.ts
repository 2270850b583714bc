import { afterAll, expect, test, vi } from 'vitest';
import { startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { onConnection } from '../connection.ts';
import { BackendError } from '../env.ts';
import { getObject, maybeHeadObject } from './objects.ts';
import { isRefused, isUnreachable } from './plain-words.ts';

vi.stubEnv('STARMAP_FAULTS', JSON.stringify({ s3: { errorRate: 1 } }));
const runtime = await startRuntimeProcess();
afterAll(() => runtime.remove());

const connected = () =>
  ({
    kind: 'local',
    label: 'Local runtime',
    profile: null,
    roleArn: null,
    pollMs: 300,
    logGroups: {},
    defaultMemoryMb: 2048,
    ...runtime.connection(),
  }) as const;
const failureOf = (work: Promise<unknown>) => work.catch((failed: unknown) => failed);

test('a service that fails by itself is told in words, not as a fault of ours', async () => {
  const error = await failureOf(onConnection(connected(), () => getObject('starmap', 'x')));
  expect(error).toBeInstanceOf(BackendError);
  expect(error).toMatchObject({
    code: 'InternalError',
    message: 'Local runtime has a fault of its own (InternalError). Try again in a moment.',
  });
  expect(isUnreachable(error)).toBe(true);
});

test('a HEAD that is refused, whose answer has no body to say why, is told in words', async () => {
  const to = { ...connected(), secretAccessKey: 'another' };
  const error = await failureOf(onConnection(to, () => maybeHeadObject('starmap', 'models/m/model.onnx')));
  expect(error).toBeInstanceOf(BackendError);
  expect((error as BackendError).message).toBe(
    'Local runtime does not allow access to s3://starmap/models/m/model.onnx, or does not accept the credentials any more. Ask for the right, or sign in again.',
  );
  expect(isRefused(error)).toBe(true);
});
