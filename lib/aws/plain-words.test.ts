import { afterAll, expect, test, vi } from 'vitest';
import { startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { onConnection } from '../connection.ts';
import { BackendError } from '../env.ts';
import { getObject } from './objects.ts';
import { isUnreachable } from './plain-words.ts';

vi.stubEnv('STARMAP_FAULTS', JSON.stringify({ s3: { errorRate: 1 } }));
const runtime = await startRuntimeProcess();
afterAll(() => runtime.remove());

test('a service that fails by itself is told in words, not as a fault of ours', async () => {
  const to = {
    kind: 'local',
    label: 'Local runtime',
    profile: null,
    roleArn: null,
    pollMs: 300,
    logGroups: {},
    defaultMemoryMb: 2048,
    ...runtime.connection(),
  } as const;
  const error = await onConnection(to, () => getObject('starmap', 'x')).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(BackendError);
  expect(error).toMatchObject({
    code: 'InternalError',
    message: 'Local runtime has a fault of its own (InternalError). Try again in a moment.',
  });
  expect(isUnreachable(error)).toBe(true);
});
