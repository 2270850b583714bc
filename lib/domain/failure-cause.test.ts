import { expect, test } from 'vitest';
import { readFailure } from './failure-cause.ts';

const id = 'adbca9aa-fe3a-4fd6-b4e7-5e7b46ae71f1';

test('a thrown Lambda error: the message, not its JSON', () => {
  const cause = JSON.stringify({
    errorType: 'PartitionCorrupt',
    errorMessage: 'datasets/a/7.safetensors: header is 9 bytes short',
    trace: ['PartitionCorrupt: …', '  at x'],
    requestId: id,
  });
  expect(readFailure('PartitionCorrupt', cause)).toEqual({
    error: 'PartitionCorrupt',
    message: 'datasets/a/7.safetensors: header is 9 bytes short',
    requestId: id,
  });
});

test.each([
  [`RequestId: ${id} Error: Task timed out after 3.00 seconds`],
  [`2026-11-23T02:40:43.741Z ${id} Task timed out after 3.00 seconds`],
  [
    JSON.stringify({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${id} Error: Task timed out after 3.00 seconds`,
    }),
  ],
])('a timeout: %s', (cause) => {
  expect(readFailure('Sandbox.Timedout', cause).message).toBe(
    'The function did not finish within its 3 s. Use smaller partitions or more memory.',
  );
});

test('out of memory keeps the request id for the log', () => {
  const cause = JSON.stringify({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
  });
  expect(readFailure('Runtime.ExitError', cause)).toEqual({
    error: 'Runtime.ExitError',
    message:
      "The function's process was killed, most often because it ran out of memory (Runtime exited with error: signal: killed). Use more memory or smaller partitions.",
    requestId: id,
  });
});

test.each([
  ['States.Timeout', '', 'It did not end within the time that the workflow allows.'],
  ['States.ExceedToleratedFailureThreshold', null, 'More partitions failed than the run tolerates.'],
  ['NoSuchBucket', 'There is no bucket "nowhere"', 'There is no bucket "nowhere"'],
  ['Oops', '{not json', '{not json'],
  ['Oops', undefined, 'Oops'],
])('%s with cause %j', (error, cause, message) => expect(readFailure(error, cause).message).toBe(message));

test.each([
  ['a.npy: Lambda.Unknown: Runtime exited with error: signal: killed. b.npy: PartitionCorrupt: bad.'],
  ['a.npy: Sandbox.Timedout: Task timed out after 3.00 seconds. b.npy: PartitionCorrupt: bad.'],
])('a list of failed files stays whole: what befell one of them is not said of all: %s', (list) => {
  const cause = `2 of 8 items failed. ${list}`;
  expect(readFailure('PartitionsFailed', cause).message).toBe(cause);
  expect(readFailure('States.Timeout', cause).message).toBe(cause);
});
