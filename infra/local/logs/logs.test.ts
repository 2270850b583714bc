import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logsActions } from './api.ts';
import { matcher } from './filter-pattern.ts';
import { type LogStore, openLogStore } from './store.ts';

let dir: string;
let logs: LogStore;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'starmap-logs-'));
  logs = openLogStore(dir);
  logs.ensureStream('/g', 's1');
  logs.ensureStream('/g', 's2');
});
afterEach(() => {
  logs.close();
  rmSync(dir, { recursive: true, force: true });
});

type Answer = {
  events: { message: string; timestamp: number }[];
  nextToken?: string;
  nextForwardToken: string;
  nextBackwardToken: string;
};
const call = (action: string, input: Record<string, unknown>) =>
  logsActions(logs)[action]?.({ logGroupName: '/g', ...input }) as Answer;

test('events come in order of time over all streams, page by page, each once', () => {
  for (let index = 0; index < 25; index += 1)
    logs.append('/g', index % 2 ? 's1' : 's2', [{ timestampMs: 1000 + index, message: `m${index}` }]);
  const seen: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = call('FilterLogEvents', { limit: 10, ...(nextToken ? { nextToken } : {}) });
    seen.push(...page.events.map((event) => event.message));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `m${index}`));
});

test('time range, stream and pattern narrow it down; both ends of the range count', () => {
  logs.append(
    '/g',
    's1',
    [1, 2, 3, 4].map((n) => ({ timestampMs: n, message: `REPORT RequestId: r${n}` })),
  );
  logs.append('/g', 's2', [{ timestampMs: 2, message: 'REPORT RequestId: other' }]);
  const found = call('FilterLogEvents', {
    startTime: 2,
    endTime: 3,
    logStreamNames: ['s1'],
    filterPattern: '"REPORT RequestId:"',
  });
  expect(found.events.map((event) => event.message)).toEqual(['REPORT RequestId: r2', 'REPORT RequestId: r3']);
});

test('GetLogEvents: the end is told by a token that repeats', () => {
  logs.append('/g', 's1', [
    { timestampMs: 1, message: 'a' },
    { timestampMs: 2, message: 'b' },
  ]);
  const first = call('GetLogEvents', { logStreamName: 's1', startFromHead: true });
  expect(first.events.map((event) => event.message)).toEqual(['a', 'b']);
  const second = call('GetLogEvents', { logStreamName: 's1', nextToken: first.nextForwardToken });
  expect(second).toMatchObject({ events: [], nextForwardToken: first.nextForwardToken });
});

test('a restart keeps what was appended', () => {
  logs.append('/g', 's1', [{ timestampMs: 1, message: 'kept' }]);
  logs.close();
  logs = openLogStore(dir);
  expect(logs.filter({ group: '/g' }).events.map((event) => event.message)).toEqual(['kept']);
});

test('a group that does not exist is named', () => expect(() => logs.filter({ group: '/none' })).toThrow('/none'));

test.each([
  ['', 'anything', true],
  ['"two words"', 'has two words here', true],
  ['"two words"', 'two other words', false],
  ['a b', 'b and a', true],
  ['a -b', 'a without', true],
  ['a -b', 'a with b', false],
  ['?x ?y', 'only y', true],
  ['?x ?y', 'neither', false],
  ['%^ab+c%', 'abbbc', true],
  ['{ $.type = "platform.report" }', '{"type":"platform.report"}', true],
  ['{ $.a.b = 3 && $.c != "x" }', '{"a":{"b":3},"c":"y"}', true],
  ['{ $.type = "platform.report" }', 'REPORT', false],
])('pattern %j on %j is %s', (pattern, message, matches) => expect(matcher(pattern)(message)).toBe(matches));
