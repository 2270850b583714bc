import { expect, test } from 'vitest';
import { lineKind } from './log-line.ts';

test.each([
  ['REPORT RequestId: 95b3 Duration: 33.1 ms', 'report'],
  ['{"type":"platform.report","record":{}}', 'report'],
  ['START RequestId: 95b3 Version: $LATEST', 'platform'],
  ['2024-11-17T02:40:43.741Z 95b3 Task timed out after 3.00 seconds', 'error'],
  ['95b3 Error: Runtime exited with error: signal: killed', 'error'],
  ['{"errorType":"PartitionCorrupt","errorMessage":"…"}', 'error'],
  ['read 4,096 samples in 12 ms, error rate 0', 'plain'],
])('%s', (line, kind) => expect(lineKind(line)).toBe(kind));
