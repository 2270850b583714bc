import { expect, test } from 'vitest';
import { findReports, parseReport } from './report-line.ts';

const id = 'adbca9aa-fe3a-4fd6-b4e7-5e7b46ae71f1';

test('a cold start of the published system', () => {
  const line = `REPORT RequestId: ${id}\tDuration: 40243.33 ms\tBilled Duration: 40908 ms\tMemory Size: 10240 MB\tMax Memory Used: 5948 MB\tInit Duration: 663.81 ms\t`;
  expect(parseReport(line)).toEqual({
    requestId: id,
    durationMs: 40_243.33,
    billedMs: 40_908,
    memorySizeMb: 10_240,
    maxMemoryUsedMb: 5948,
    initMs: 663.81,
    status: 'success',
    errorType: null,
  });
});

test('a warm start, blanks instead of tabs and an X-Ray line after it', () => {
  const line = `REPORT RequestId: ${id}       Duration: 33676.81 ms   Billed Duration: 33677 ms       Memory Size: 10240 MB      Max Memory Used: 5948 MB\nXRAY TraceId: 1-a\tSegmentId: b\tSampled: true`;
  expect(parseReport(line)).toMatchObject({ durationMs: 33_676.81, billedMs: 33_677, initMs: null, status: 'success' });
});

test.each([
  ['\tStatus: error\tError Type: Runtime.OutOfMemory', 'error', 'Runtime.OutOfMemory'],
  ['\tStatus: timeout', 'timeout', null],
])('an outcome behind the numbers:%s', (tail, status, errorType) => {
  const line = `REPORT RequestId: ${id}\tDuration: 95.78 ms\tBilled Duration: 96 ms\tMemory Size: 512 MB\tMax Memory Used: 39 MB${tail}`;
  expect(parseReport(line)).toMatchObject({ durationMs: 95.78, status, errorType });
});

test.each([
  `2026-11-23T02:40:43.741Z ${id} Task timed out after 3.00 seconds`,
  `RequestId: ${id} Error: Task timed out after 3.00 seconds`,
])('a timeout told on its own line: %s', (line) => {
  const log = `START RequestId: ${id} Version: $LATEST\n${line}\n\nEND RequestId: ${id}\nREPORT RequestId: ${id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\n`;
  expect(findReports(log)).toMatchObject([{ requestId: id, status: 'timeout', billedMs: 3000 }]);
});

test('the JSON log format, with and without a status', () => {
  const metrics = {
    durationMs: 1233.96,
    billedDurationMs: 1698,
    memorySizeMB: 256,
    maxMemoryUsedMB: 123,
    initDurationMs: 463.512,
  };
  const event = { time: '2026-10-08T07:30:29.470Z', type: 'platform.report', record: { requestId: id, metrics } };
  expect(parseReport(JSON.stringify(event))).toEqual({
    requestId: id,
    durationMs: 1233.96,
    billedMs: 1698,
    memorySizeMb: 256,
    maxMemoryUsedMb: 123,
    initMs: 463.512,
    status: 'success',
    errorType: null,
  });
  const timeout = { ...event, record: { requestId: id, metrics: {}, status: 'timeout' } };
  expect(parseReport(JSON.stringify(timeout))).toMatchObject({ durationMs: null, status: 'timeout' });
});

test('a tail that begins in the middle of a line, with two attempts', () => {
  const report = (request: string) =>
    `REPORT RequestId: ${request}\tDuration: 1.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\t\n`;
  const other = id.replace('a', 'b');
  expect(
    findReports(`ast line cut\n${report(id)}{"broken\n${report(other)}`).map(({ requestId }) => requestId),
  ).toEqual([id, other]);
});

test.each([
  '',
  'REPORT',
  '{"type":"platform.start"}',
  '{',
  'INIT_REPORT Init Duration: 137.69 ms\tPhase: init\tStatus: error',
])('no report: %j', (text) => expect(parseReport(text)).toBeUndefined());
