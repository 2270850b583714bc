import { expect, test } from 'vitest';
import type { ComparedRun } from './comparison.ts';
import type { RunMeasures } from './run.ts';
import { toSeries } from './series.ts';

const measures: RunMeasures = {
  mapWallMs: null,
  executionWallMs: null,
  modelLoopMs: null,
  billedMs: null,
  maxMemoryUsedMb: null,
  coldStarts: null,
  throughputBps: null,
  samplesPerSecond: null,
  sumOfWorkerThroughputBps: null,
  phasesMs: null,
  bill: null,
  metrics: [],
};
const run = (id: string, partitionMb: number, dataMb: number, mapWallMs: number | null): ComparedRun => ({
  id,
  label: id,
  experimentName: 'x',
  status: 'SUCCEEDED',
  completeness: 'COMPLETE',
  model: 'b/models/m',
  settings: {
    datasetId: 'b/d',
    dataBucket: 'b',
    dataPrefix: 'd',
    partitionSizeBytes: partitionMb * 1e6,
    partitions: 1,
    dataBytes: dataMb * 1e6,
    dataSizeBytes: dataMb * 1e6,
    samples: 1,
    batchSize: 512,
    memoryMb: 2048,
    maxConcurrency: 0,
    worldSize: null,
    toleratedFailurePercentage: 0,
    modelId: 'b/models/m',
    repeat: 1,
  },
  measures: { ...measures, mapWallMs },
});

test('one line per partition size, one point per data size, all repeats in it', () => {
  const runs = [
    run('c', 10, 40, 9),
    run('a', 10, 20, 4),
    run('b', 10, 20, 6),
    run('d', 5, 20, 3),
    run('e', 5, 40, null),
  ];
  const series = toSeries(runs, 'dataSizeBytes', 'mapWallMs', 'partitionSizeBytes');
  expect(series.map(({ label }) => label)).toEqual(['5 MB partitions', '10 MB partitions']);
  expect(series[0]?.points).toEqual([{ x: 20e6, mean: 3, bar: null, n: 1, raw: [{ runId: 'd', y: 3 }] }]);
  expect(series[1]?.points).toMatchObject([
    {
      x: 20e6,
      mean: 5,
      n: 2,
      raw: [
        { runId: 'a', y: 4 },
        { runId: 'b', y: 6 },
      ],
    },
    { x: 40e6, mean: 9, n: 1 },
  ]);
  expect(series[1]?.points[0]?.bar).toEqual({ kind: 'range', low: 4, high: 6 });
});

test('three repeats have the interval of their mean by Student’s t', () => {
  const runs = [run('a', 10, 20, 4), run('b', 10, 20, 6), run('c', 10, 20, 8)];
  const bar = toSeries(runs, 'dataSizeBytes', 'mapWallMs', 'partitionSizeBytes')[0]?.points[0]?.bar;
  expect(bar).toMatchObject({ kind: 'ci95', low: expect.closeTo(6 - (4.30265 * 2) / Math.sqrt(3), 4) });
});

test('nothing to draw', () => expect(toSeries([], 'batchSize', 'costUsd', 'modelId')).toEqual([]));

test('a line per dataset has a name that no other line has', () => {
  const on = (datasetId: string) => {
    const made = run(datasetId, 5, 20, 3);
    return { ...made, settings: { ...made.settings, datasetId } };
  };
  const names = (...ids: string[]) =>
    toSeries(ids.map(on), 'dataSizeBytes', 'mapWallMs', 'dataset').map(({ label }) => label);
  expect(names('b/datasets/sdss-5MB', 'b/datasets/stars-5MB')).toEqual(['sdss', 'stars']);
  expect(names('a/datasets/sdss-5MB', 'b/datasets/sdss-5MB')).toEqual(['a/datasets/sdss', 'b/datasets/sdss']);
});
