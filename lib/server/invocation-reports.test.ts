import { expect, test } from 'vitest';
import type { ItemStatus } from '../domain/run.ts';
import { countAborted } from './invocation-reports.ts';

const MAP_END_MS = Date.UTC(2026, 10, 23, 10);
const stopped = (status: ItemStatus) => ({ status, stoppedAt: new Date(MAP_END_MS).toISOString() });
const ends = (...seconds: number[]) => seconds.map((second) => MAP_END_MS + second * 1000);

test('invocations that went on when the map had ended were aborted', () => {
  expect(countAborted([stopped('ABORTED'), stopped('ABORTED')], ends(0.3, 4))).toBe(2);
});

test('attempts before the last one of an item failed', () => {
  expect(countAborted([], ends(-9, -4))).toBe(0);
  expect(countAborted([stopped('ABORTED')], ends(-9, -4, 2))).toBe(1);
});

test('a child that was aborted before its turn has no invocation', () => {
  expect(countAborted([stopped('ABORTED'), stopped('ABORTED')], ends(-9, -4))).toBe(0);
});

test('the invocation that ended the map failed, also where its request is not known', () => {
  expect(countAborted([stopped('FAILED'), stopped('ABORTED')], ends(-0.1))).toBe(0);
  expect(countAborted([stopped('FAILED'), stopped('ABORTED')], ends(-0.1, 2))).toBe(1);
});
