import { expect, test } from 'vitest';
import { readableEvent } from './cdk-events.ts';

test.each([
  [
    'starmap | 12/55 | 10:31:07 AM | CREATE_COMPLETE      | AWS::IAM::Role | InitializeRole (InitializeRole777A7347) ',
    '[12/55] IAM Role InitializeRole: created',
  ],
  [
    'starmap |  3 | 4:46:27 AM | DELETE_COMPLETE | AWS::Logs::LogGroup | SummarizeLogs (SummarizeLogsADF044DE)',
    '[3] Logs LogGroup SummarizeLogs: deleted',
  ],
  [
    'starmap |  7/55 | 10:31:09 AM | CREATE_FAILED | AWS::Lambda::Function | Inference10240 (Inference10240F6DF8082) Resource handler returned message: "MemorySize value failed"',
    '[ 7/55] Lambda Function Inference10240 Resource handler returned message: "MemorySize value failed": create failed',
  ],
  ['starmap: success: Published Initialize/Code', 'starmap: success: Published Initialize/Code'],
])('%s', (line, words) => {
  expect(readableEvent(line)).toBe(words);
});

test('what only begins, and empty lines, are left out', () => {
  const begins =
    'starmap | 12/55 | 10:31:07 AM | CREATE_IN_PROGRESS | AWS::IAM::Role | InitializeRole (InitializeRole777A7347)';
  expect(readableEvent(begins)).toBeUndefined();
  expect(readableEvent('  ')).toBeUndefined();
});
