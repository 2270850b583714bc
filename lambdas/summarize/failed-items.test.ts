import { expect, test } from 'vitest';
import { readFailedItems } from './failed-items.ts';
import { explainFailure } from './failure-text.ts';

/** A FAILED_0.json as Step Functions writes it: Input and Cause are JSON in strings. */
const execution = (rank: number, errorType: string, errorMessage: string) => ({
  ExecutionArn: `arn:aws:states:us-east-1:0:execution:starmap/Infer:${rank}`,
  Status: 'FAILED',
  Error: errorType,
  Cause: JSON.stringify({ errorType, errorMessage, trace: [] }),
  Input: JSON.stringify({ rank, partitions: [{ bucket: 'b', key: `d/${rank + 1}.npy`, size_bytes: 1, etag: 'e' }] }),
  InputDetails: { Included: true },
});
const stored = (files: Record<string, unknown>) => async (key: string) =>
  files[key] === undefined ? undefined : Buffer.from(JSON.stringify(files[key]));
const failure = {
  Error: 'States.ExceedToleratedFailureThreshold',
  Cause: 'The specified tolerated failure threshold was exceeded',
};
const expected = { items: 8, partitions: 8, bytes: 0, samples: null };

test('failed files are named with their reasons', async () => {
  const get = stored({
    'm/FAILED_0.json': [execution(2, 'PartitionTruncated', 'd/3.npy: the header ends at byte 128 of 90')],
  });
  const failed = await readFailedItems(get, ['m/FAILED_0.json'], () => false);
  expect(explainFailure(failure, failed, expected)).toEqual({
    Error: 'PartitionsFailed',
    Cause: '1 of 8 items failed. d/3.npy: PartitionTruncated: the header ends at byte 128 of 90.',
  });
});

test('after a redrive the last word counts, and ranks that are done are no failures', async () => {
  const get = stored({
    'm/FAILED_0.json': [execution(0, 'A', 'first'), execution(1, 'A', 'first')],
    'm/Redrive-1/FAILED_0.json': [execution(1, 'B', 'second')],
  });
  const failed = await readFailedItems(get, ['m/FAILED_0.json', 'm/Redrive-1/FAILED_0.json'], (rank) => rank === 0);
  expect(failed.map(({ rank, reason }) => [rank, reason])).toEqual([[1, 'B: second']]);
});

test('causes in plain text, timeouts without a cause, missing fields and broken files do no harm', async () => {
  const get = stored({
    'm/FAILED_0.json': [
      { Status: 'TIMED_OUT', Input: '{"rank":4,"partitions":[{"key":"d/5.npy"}]}' },
      { Status: 'FAILED', Error: 'Lambda.Unknown', Cause: 'No such function.' },
      {},
    ],
    'm/FAILED_1.json': { not: 'an array' },
  });
  const failed = await readFailedItems(get, ['m/FAILED_0.json', 'm/FAILED_1.json', 'm/FAILED_2.json'], () => false);
  const { Cause } = explainFailure(failure, failed, expected);
  expect(Cause).toContain('3 of 8 items failed.');
  expect(Cause).toContain('d/5.npy: TIMED_OUT.');
  expect(Cause).toContain('item ?: Lambda.Unknown: No such function.');
});

test('an item whose process was killed is told so in words, without the id of its request', async () => {
  const killed = 'RequestId: 6e7a66a2-7a14-4f6e-93a5-e8a7fbd3ec0b Error: Runtime exited with error: signal: killed';
  const failed = await readFailedItems(stored({ k: [execution(2, 'Runtime.ExitError', killed)] }), ['k'], () => false);
  expect(explainFailure(failure, failed, expected).Cause).toBe(
    "1 of 8 items failed. d/3.npy: Runtime.ExitError: The function's process was killed, most often because it ran out of memory (Runtime exited with error: signal: killed). Use more memory or smaller partitions.",
  );
});

test('of many failures the first twenty are named, and another error keeps its name', async () => {
  const many = Array.from({ length: 50 }, (_, rank) =>
    execution(rank, 'PartitionCorrupt', `d/${rank + 1}.npy: ${'x'.repeat(2_000)}`),
  );
  const failed = await readFailedItems(stored({ k: many }), ['k'], () => false);
  const { Error: name, Cause } = explainFailure({ Error: 'States.Timeout', Cause: '' }, failed, expected);
  expect(name).toBe('States.Timeout');
  expect(Cause).toContain('… and 30 more.');
  expect(Cause.length).toBeLessThan(32_768);
  expect(explainFailure(failure, [], expected)).toEqual(failure);
});

test('items that were stopped with the run are counted, not blamed', async () => {
  const files = [
    execution(2, 'PartitionCorrupt', 'bad'),
    { Status: 'ABORTED', Input: '{"rank":3}' },
    { Status: 'ABORTED' },
  ];
  const failed = await readFailedItems(stored({ k: files }), ['k'], () => false);
  const { Cause } = explainFailure(failure, failed, expected);
  expect(Cause).toBe('1 of 8 items failed, 2 more were stopped. d/3.npy: PartitionCorrupt: bad.');
});
