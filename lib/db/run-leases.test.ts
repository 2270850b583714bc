import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { onEachDatabase } from './databases.fixture.ts';
import { insertExperiment } from './experiments.ts';
import { holdRuns, releaseRuns, takeFromQueue } from './run-leases.ts';
import { newExperiment } from './runs.fixture.ts';
import { changeRun, changeWatchedRun, findActiveRun } from './runs.ts';

const MINUTE_MS = 60_000;
const now = new Date('2026-11-24T12:00:00Z');

onEachDatabase(() => {
  beforeAll(async () => {
    await insertExperiment(...newExperiment('e-1', ['r-1', 'r-2', 'r-3'], now));
  });

  test('of many that want to start a queued run one does', async () => {
    const watchers = Array.from({ length: 20 }, (_, i) => `w-${i}`);
    const took = await Promise.all(watchers.map((watcher) => takeFromQueue(watcher, 'r-1', now, MINUTE_MS)));
    expect(took.filter(Boolean)).toHaveLength(1);
    expect(await findActiveRun('r-1')).toMatchObject({
      status: 'RUNNING',
      startedAt: now.toISOString(),
      watcher: watchers[took.indexOf(true)],
    });
  });

  test('a run that somebody watches is nobody else’s; let go, it is the next one’s', async () => {
    const owner = (await findActiveRun('r-1'))?.watcher ?? '';
    expect(await holdRuns('another', ['r-1'], MINUTE_MS)).toEqual([]);
    expect(await holdRuns(owner, ['r-1'], MINUTE_MS)).toEqual(['r-1']);
    await releaseRuns(owner);
    expect(await holdRuns('another', ['r-1', 'r-2'], MINUTE_MS)).toEqual(['r-1']);
  });

  test('who does not ask again in time loses it, and can change it no more', async () => {
    await holdRuns('another', ['r-1'], 50);
    const stale = { id: 'r-1', watcher: 'another' };
    expect(await changeWatchedRun(stale, { cause: 'seen in time' })).toBe(true);
    while ((await holdRuns('third', ['r-1'], MINUTE_MS)).length === 0) await delay(10);
    expect(await changeWatchedRun(stale, { status: 'FAILED', cause: 'seen too late' })).toBe(false);
    expect(await findActiveRun('r-1')).toMatchObject({ status: 'RUNNING', watcher: 'third', cause: 'seen in time' });
  });

  test('of many that want a run whose watcher died one gets it', async () => {
    await takeFromQueue('dead', 'r-2', now, -1);
    const heirs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => holdRuns(`heir-${i}`, ['r-2', 'r-3'], MINUTE_MS)),
    );
    expect(heirs.flat()).toEqual(['r-2']);
  });

  test('a run that ended or went back to the queue has no watcher', async () => {
    await changeRun('r-2', { status: 'QUEUED' });
    expect(await findActiveRun('r-2')).toMatchObject({ watcher: null });
    expect(await takeFromQueue('w', 'r-2', now, MINUTE_MS)).toBe(true);
  });
});
