import { expect, test } from 'vitest';
import { lineKind, withoutTold } from './log-line.ts';

test.each([
  ['REPORT RequestId: 95b3 Duration: 33.1 ms', 'report'],
  ['{"type":"platform.report","record":{}}', 'report'],
  ['START RequestId: 95b3 Version: $LATEST', 'platform'],
  ['2024-11-17T02:40:43.741Z 95b3 Task timed out after 3.00 seconds', 'error'],
  ['95b3 Error: Runtime exited with error: signal: killed', 'error'],
  ['{"errorType":"PartitionCorrupt","errorMessage":"…"}', 'error'],
  ['read 4,096 samples in 12 ms, error rate 0', 'plain'],
])('%s', (line, kind) => expect(lineKind(line)).toBe(kind));

test('an error that is told above is not told again in the log: its stack is', () => {
  const told = 'datasets/d/6.npz: it ends at byte 30; write it again';
  const thrown = (errorMessage: string) =>
    `2026-11-28T21:18:49.893Z\te257\tERROR\tInvoke Error \t${JSON.stringify({
      errorType: 'PartitionTruncated',
      errorMessage,
      trace: [
        `PartitionTruncated: ${errorMessage}`,
        '    at open (chunk.mjs:3149:13)',
        '    at async read (chunk.mjs:1:1)',
      ],
    })}`;
  const short = withoutTold(thrown(told), told);
  expect(short).toBe(
    '2026-11-28T21:18:49.893Z\te257\tERROR\tInvoke Error \tPartitionTruncated, as above\n' +
      '    at open (chunk.mjs:3149:13)\n    at async read (chunk.mjs:1:1)',
  );
  expect(lineKind(short)).toBe('error');
  for (const other of [thrown('something else'), 'REPORT RequestId: 95b3'])
    expect(withoutTold(other, told)).toBe(other);
  expect(withoutTold(thrown(told), null)).toBe(thrown(told));
});
