import { expect, test } from 'vitest';
import type { RunEvent, RunStatus } from '../domain/run.ts';
import { publish, recentEnds, subscribe } from './live.ts';

const event = (id: string, status: RunStatus, ageMs = 0) =>
  ({ type: 'run', run: { id, status }, states: {}, asOf: new Date(Date.now() - ageMs).toISOString() }) as RunEvent;

test('who begins to listen is told of the runs that ended just before, and of no others', () => {
  publish(event('long-ago', 'SUCCEEDED', 120_000));
  publish(event('running', 'RUNNING'));
  publish(event('failed', 'FAILED', 1_000));
  expect(recentEnds().map(({ run }) => run.id)).toEqual(['failed']);
});

test('a listener hears what comes until it leaves, also beside one that fails', () => {
  const heard: string[] = [];
  const leaveBroken = subscribe(() => {
    throw new Error('broken on purpose');
  });
  const leave = subscribe(({ run }) => heard.push(run.id));
  publish(event('a', 'RUNNING'));
  leave();
  publish(event('b', 'RUNNING'));
  leaveBroken();
  expect(heard).toEqual(['a']);
});
