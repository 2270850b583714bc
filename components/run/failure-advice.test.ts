import { expect, test } from 'vitest';
import { correctedByReport, readFailure, storedFailure } from '@/lib/domain/failure-cause.ts';
import type { InvocationReport } from '@/lib/domain/report-line.ts';
import { failureAdvice } from './failure-advice.ts';

test.each([
  ['PartitionCorrupt', 'a/7.safetensors: bad header', 'upload the named files again'],
  ['PartitionsFailed', '2 of 8 items failed. a.npy: Runtime exited: signal: killed.', 'Look at the failed partitions'],
  ['Unhandled', '2026-01-01 Task timed out after 3.00 seconds', 'smaller partitions'],
])('%s is told what to do', (error, message, advice) => expect(failureAdvice(error, message)).toContain(advice));

test('an unknown error gets no invented advice', () =>
  expect(failureAdvice('TypeError', 'x is not a function')).toBeNull());

const report: InvocationReport = {
  requestId: 'a',
  durationMs: 900,
  billedMs: 900,
  memorySizeMb: 2048,
  maxMemoryUsedMb: null,
  initMs: null,
  status: 'error',
  errorType: 'Runtime.ExitError',
};

test.each([
  ['nothing reported', {}, /was killed, most often because it ran out of memory/, /Launch again with more memory/],
  ['all used', { maxMemoryUsedMb: 2048 }, /^The function ran out of memory/, /Launch again with more memory/],
  ['most used', { maxMemoryUsedMb: 1700 }, /^The function ran out of memory/, /Launch again with more memory/],
  ['little used', { maxMemoryUsedMb: 120 }, /had used 120 of 2,048 MB/, /more memory for the function does not help/],
  [
    'named so by Lambda',
    { maxMemoryUsedMb: 120, errorType: 'Runtime.OutOfMemory' },
    /^The function ran out of memory/,
    /Launch again with more memory/,
  ],
])('a killed process, %s: memory is asked for only where it may have lacked', (_, changes, told, advice) => {
  const { error, message } = readFailure('Runtime.ExitError', 'RequestId: 1 Runtime exited with error: signal: killed');
  const stored = storedFailure({ error, cause: correctedByReport(message, { ...report, ...changes }) });
  expect(stored.message).toMatch(told);
  // Said once: it is a sentence already when it is stored.
  expect(stored.message.match(/signal: killed/g)).toHaveLength(1);
  expect(stored.message.match(/out of memory/g) ?? []).toHaveLength(String(told).includes('ran out') ? 1 : 0);
  expect(failureAdvice(stored.error, stored.message)).toMatch(advice);
});
