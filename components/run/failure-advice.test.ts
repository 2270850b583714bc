import { expect, test } from 'vitest';
import { failureAdvice } from './failure-advice.ts';

test.each([
  ['PartitionCorrupt', 'a/7.safetensors: bad header', 'upload the named files again'],
  ['Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed', 'more memory'],
  ['Unhandled', '2026-01-01 Task timed out after 3.00 seconds', 'smaller partitions'],
])('%s is told what to do', (error, message, advice) => expect(failureAdvice(error, message)).toContain(advice));

test('an unknown error gets no invented advice', () =>
  expect(failureAdvice('TypeError', 'x is not a function')).toBeNull());
