import { beforeAll, expect, test } from 'vitest';
import type { RunMeasures } from '../domain/run.ts';
import { runItemsQuery } from '../domain/run-items-query.ts';
import { runsQuery } from '../domain/runs-query.ts';
import { findComparedRuns } from './compared-runs.ts';
import { onEachDatabase } from './databases.fixture.ts';
import { findExperiment, findExperiments, insertExperiment } from './experiments.ts';
import {
  abortOpenItems,
  changeItems,
  countItems,
  findItem,
  findItemGrid,
  findItemPage,
  insertItems,
} from './run-items.ts';
import { newExperiment, settings } from './runs.fixture.ts';
import {
  changeRun,
  deleteEndedRuns,
  findLastEndedRuns,
  findQueuedRuns,
  findRun,
  findRunPage,
  sumCostSince,
} from './runs.ts';

const measures: RunMeasures = {
  mapWallMs: 1000,
  executionWallMs: 1500,
  modelLoopMs: null,
  billedMs: 900,
  maxMemoryUsedMb: 300,
  coldStarts: 1,
  throughputBps: 8e10,
  samplesPerSecond: 5e5,
  sumOfWorkerThroughputBps: null,
  phasesMs: null,
  bill: {
    totalUsd: 0.25,
    lines: [{ label: 'a', arithmetic: 'b', usd: 0.25 }],
    publishedFormulaUsd: 0.1,
    priceBookDate: '2026-10-31',
    region: 'us-east-1',
  },
  metrics: [],
};
const add = (id: string, runIds: string[], createdAt: Date) =>
  insertExperiment(...newExperiment(id, runIds, createdAt));
const items = [0, 1, 2].map((rank) => ({
  rank,
  partitions: [{ bucket: 'b', key: `datasets/d/${rank + 1}.safetensors`, size_bytes: 5_000_000_000, etag: 'e' }],
}));

onEachDatabase(() => {
  beforeAll(async () => {
    await add('e-1', ['r-1', 'r-2'], new Date('2026-11-01T10:00:00Z'));
    await add('e-2', ['r-3'], new Date('2026-11-02T10:00:00Z'));
  });

  test('a launched experiment: its runs wait in the order given, first come first served', async () => {
    expect((await findQueuedRuns(10, 'b')).map(({ id }) => id)).toEqual(['r-1', 'r-2', 'r-3']);
    expect(await findQueuedRuns(10, 'bucket-of-other-services')).toEqual([]);
    const run = await findRun('r-2');
    expect(run).toMatchObject({
      status: 'QUEUED',
      completeness: 'PENDING',
      experimentName: 'Batch size',
      counts: { pending: 3, total: 3 },
      settings: settings(64),
      input: { batch_size: 64 },
      measures: null,
      createdAt: '2026-11-01T10:00:00.000Z',
    });
    expect(await findRun('nowhere')).toBeNull();
  });

  test('two experiments of one id: neither half is stored', async () => {
    await expect(add('e-2', ['r-9'], new Date())).rejects.toThrow();
    expect(await findRun('r-9')).toBeNull();
  });

  test('a change only from the state it was meant for', async () => {
    expect(await changeRun('r-1', { status: 'RUNNING' }, 'QUEUED')).toBe(true);
    expect(await changeRun('r-1', { status: 'STOPPED' }, 'QUEUED')).toBe(false);
    expect((await findRun('r-1'))?.status).toBe('RUNNING');
  });

  test('what was measured comes back whole, and sorts with the unmeasured last', async () => {
    await changeRun('r-1', {
      status: 'SUCCEEDED',
      completeness: 'COMPLETE',
      measures,
      durationMs: 1500,
      stoppedAt: '2026-11-01T11:00:00.000Z',
      warnings: ['careful'],
    });
    expect(await findRun('r-1')).toMatchObject({ measures, warnings: ['careful'], costUsd: 0.25, mapWallMs: 1000 });
    for (const order of ['asc', 'desc'] as const) {
      const { rows, total } = await findRunPage(runsQuery.parse({ sort: 'costUsd', order, pageSize: 1 }));
      expect([rows.map(({ id }) => id), total]).toEqual([['r-1'], 3]);
    }
    expect(await sumCostSince(new Date('2026-11-01T00:00:00Z'))).toBe(0.25);
    expect(await sumCostSince(new Date('2026-12-01T00:00:00Z'))).toBe(0);
  });

  test('the order of the list: by each column, those without a value last, the newest first among equals', async () => {
    const ids = async (query: object) => (await findRunPage(runsQuery.parse(query))).rows.map(({ id }) => id);
    for (const sort of ['durationMs', 'mapWallMs', 'throughputBps', 'costUsd'])
      for (const order of ['asc', 'desc']) expect(await ids({ sort, order })).toEqual(['r-1', 'r-3', 'r-2']);
    expect(await ids({ sort: 'status', order: 'asc' })).toEqual(['r-3', 'r-2', 'r-1']);
    expect(await ids({ sort: 'batchSize', order: 'desc' })).toEqual(['r-2', 'r-3', 'r-1']);
    expect(await ids({ sort: 'createdAt', order: 'asc' })).toEqual(['r-1', 'r-2', 'r-3']);
  });

  test('times to the millisecond, and texts that no database likes', async () => {
    const startedAt = '2026-03-29T01:30:00.123Z';
    await changeRun('r-1', { startedAt, cause: 'NUL \0, half a pair \ud83d, ☃ 🌌' });
    expect(await findRun('r-1')).toMatchObject({ startedAt, cause: 'NUL \ufffd, half a pair \ufffd, ☃ 🌌' });
    await insertItems('r-1', items);
    await changeItems('r-1', [{ rank: 0, status: 'FAILED', startedAt, stoppedAt: startedAt, cause: '\0\ud83d' }]);
    expect(await findItem('r-1', 0)).toMatchObject({ startedAt, stoppedAt: startedAt, cause: '\ufffd\ufffd' });
  });

  test('filters and search', async () => {
    const ids = async (query: object) => (await findRunPage(runsQuery.parse(query))).rows.map(({ id }) => id);
    expect(await ids({ status: 'SUCCEEDED' })).toEqual(['r-1']);
    expect(await ids({ experimentId: 'e-2' })).toEqual(['r-3']);
    expect(await ids({ search: 'BATCH 64' })).toEqual(['r-2']);
    expect(await ids({ search: 'batch SIZE', order: 'asc' })).toEqual(['r-1', 'r-2', 'r-3']);
    expect(await ids({ search: 'batch\\' })).toEqual([]);
    expect(await ids({ search: 'no such thing' })).toEqual([]);
  });

  test('comparison takes experiments and single runs, each run once', async () => {
    const found = await findComparedRuns({ experimentIds: ['e-1'], runIds: ['r-1', 'r-3'] });
    expect(found.map(({ id }) => id)).toEqual(['r-1', 'r-2', 'r-3']);
    expect(found[0]?.measures).toMatchObject({
      mapWallMs: 1000,
      bill: { totalUsd: 0.25, priceBookDate: '2026-10-31' },
    });
    expect(found[1]?.measures).toBeNull();
    expect(await findComparedRuns({})).toHaveLength(3);
  });

  test('experiments count their runs by state', async () => {
    expect((await findExperiments()).map(({ id }) => id)).toEqual(['e-2', 'e-1']);
    expect(await findExperiment('e-1')).toMatchObject({
      runs: 2,
      byStatus: { QUEUED: 1, RUNNING: 0, SUCCEEDED: 1, FAILED: 0, STOPPED: 0 },
      complete: 1,
      costUsd: 0.25,
      form: { batchSizes: [32, 64] },
      stoppedAt: null,
    });
  });

  test('items: added once, changed in part, counted, listed', async () => {
    await insertItems('r-2', items);
    await changeItems('r-2', [
      { rank: 0, status: 'SUCCEEDED', durationMs: 12.5, coldStart: false, requestId: 'q', samples: 7 },
      { rank: 1, status: 'FAILED', error: 'PartitionCorrupt', cause: 'it is "broken"\n' },
      { rank: 99, status: 'FAILED' },
    ]);
    await insertItems('r-2', items);
    await changeItems('r-2', [{ rank: 0, billedMs: 13 }]);
    expect(await findItem('r-2', 0)).toMatchObject({
      status: 'SUCCEEDED',
      durationMs: 12.5,
      billedMs: 13,
      coldStart: false,
      samples: 7,
      sizeBytes: 5_000_000_000,
      keys: ['datasets/d/1.safetensors'],
    });
    expect(await findItem('r-2', 1)).toMatchObject({ error: 'PartitionCorrupt', cause: 'it is "broken"\n' });
    expect(await findItemGrid('r-2')).toEqual([
      { rank: 0, status: 'SUCCEEDED', durationMs: 12.5 },
      { rank: 1, status: 'FAILED', durationMs: null },
      { rank: 2, status: 'PENDING', durationMs: null },
    ]);
    const ranks = async (query: object) =>
      (await findItemPage('r-2', runItemsQuery.parse(query))).rows.map(({ rank }) => rank);
    expect(await ranks({ search: '2.safe' })).toEqual([1]);
    expect(await ranks({ search: '2' })).toEqual([1, 2]);
    expect(await ranks({ status: 'PENDING' })).toEqual([2]);
    expect(await ranks({ sort: 'durationMs', order: 'desc', pageSize: 2 })).toEqual([0, 1]);
    await abortOpenItems('r-2');
    expect(await countItems('r-2')).toMatchObject({ succeeded: 1, failed: 1, aborted: 1, pending: 0, total: 3 });
  });

  test('of the runs that ended the last one comes first, not those of the newest experiment', async () => {
    await add('e-3', ['r-4', 'r-5', 'r-6', 'r-7'], new Date('2026-11-03T10:00:00Z'));
    await add('e-4', ['r-8'], new Date('2026-11-04T10:00:00Z'));
    const ends = { 'r-8': '04T10:05', 'r-4': '04T10:10', 'r-5': '04T10:20', 'r-6': '04T10:30' };
    for (const [id, at] of Object.entries(ends))
      await changeRun(id, { status: 'FAILED', stoppedAt: `2026-11-${at}:00.000Z` });
    await changeRun('r-7', { status: 'FAILED', stoppedAt: null });
    const ids = async (limit: number) => (await findLastEndedRuns('FAILED', limit)).map(({ id }) => id);
    expect(await ids(2)).toEqual(['r-6', 'r-5']);
    expect(await ids(9)).toEqual(['r-6', 'r-5', 'r-4', 'r-8', 'r-7']);
    expect(await deleteEndedRuns(await ids(9))).toBe(5);
  });

  test('only ended runs are deleted, with their items and an experiment left empty', async () => {
    expect(await deleteEndedRuns(['r-1', 'r-2', 'r-3'])).toBe(1);
    await changeRun('r-2', { status: 'STOPPED' });
    expect(await deleteEndedRuns(['r-2'])).toBe(1);
    expect(await findItemGrid('r-2')).toEqual([]);
    expect((await findExperiments()).map(({ id }) => id)).toEqual(['e-2']);
  });
});
