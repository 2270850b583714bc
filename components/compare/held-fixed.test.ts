import { expect, test } from 'vitest';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import { distinct, holdFixed } from './held-fixed.ts';

const run = (id: string, settings: Partial<ComparedRun['settings']>) =>
  ({
    id,
    model: settings.modelId ?? 'starmap/models/photoz',
    settings: {
      datasetId: 'starmap/datasets/sdss-25MB',
      dataSizeBytes: 1e9,
      batchSize: 512,
      partitionSizeBytes: 25e6,
      memoryMb: 2048,
      modelId: 'starmap/models/photoz',
      maxConcurrency: 0,
      worldSize: null,
      ...settings,
    },
  }) as ComparedRun;

/** The published design: data sizes at batch 512, batch sizes at 1 GB. */
const runs = [
  ...[1e9, 2e9, 4e9].map((dataSizeBytes) => run(`size ${dataSizeBytes}`, { dataSizeBytes })),
  ...[32, 64, 128].map((batchSize) => run(`batch ${batchSize}`, { batchSize })),
];
const ids = (held: { runs: ComparedRun[] }) => held.runs.map(({ id }) => id);

test('a chart over data size takes the runs of the batch size that covers most of it', () => {
  const { held, ...taken } = holdFixed(runs, 'dataSizeBytes', 'partitionSizeBytes', {});
  expect(ids(taken)).toEqual(['size 1000000000', 'size 2000000000', 'size 4000000000']);
  expect(held.find(({ setting }) => setting === 'batchSize')).toEqual({
    setting: 'batchSize',
    value: 512,
    choices: [
      { value: 32, runs: 1 },
      { value: 64, runs: 1 },
      { value: 128, runs: 1 },
      { value: 512, runs: 3 },
    ],
  });
});

test('a chart over batch size takes the runs of one data size', () => {
  const taken = holdFixed(runs, 'batchSize', 'partitionSizeBytes', {});
  expect(ids(taken)).toEqual(['size 1000000000', 'batch 32', 'batch 64', 'batch 128']);
});

test('an asked-for value is taken, and one that no run has is ignored', () => {
  expect(ids(holdFixed(runs, 'dataSizeBytes', 'partitionSizeBytes', { batchSize: '32' }))).toEqual(['batch 32']);
  expect(ids(holdFixed(runs, 'dataSizeBytes', 'partitionSizeBytes', { batchSize: '7' }))).toHaveLength(3);
});

test('runs that differ in memory are never averaged together', () => {
  const mixed = [run('a', {}), run('b', { memoryMb: 4096 }), run('c', {})];
  expect(ids(holdFixed(mixed, 'dataSizeBytes', 'partitionSizeBytes', {}))).toEqual(['a', 'c']);
  expect(ids(holdFixed(mixed, 'memoryMb', 'partitionSizeBytes', {}))).toEqual(['a', 'b', 'c']);
});

test('runs over other data are never averaged together; the same data in other partitions may be other lines', () => {
  const mixed = [
    run('a', {}),
    run('b', { datasetId: 'starmap/datasets/stars-25MB' }),
    run('c', { dataSizeBytes: 2e9 }),
    run('d', { datasetId: 'starmap/datasets/sdss-50MB', partitionSizeBytes: 50e6 }),
  ];
  const taken = holdFixed(mixed, 'dataSizeBytes', 'partitionSizeBytes', {});
  expect(ids(taken)).toEqual(['a', 'c', 'd']);
  expect(taken.held[0]).toEqual({
    setting: 'dataset',
    value: 'starmap/datasets/sdss',
    choices: [
      { value: 'starmap/datasets/sdss', runs: 3 },
      { value: 'starmap/datasets/stars', runs: 1 },
    ],
  });
  expect(ids(holdFixed(mixed, 'dataSizeBytes', 'dataset', { partitionSizeBytes: '25000000' }))).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('datasets whose names say how much data they hold are not one and the same', () => {
  const runs = [
    run('a', { datasetId: 'starmap/datasets/sky-1GB' }),
    run('b', { datasetId: 'starmap/datasets/sky-2GB' }),
  ];
  const taken = holdFixed(runs, 'batchSize', 'partitionSizeBytes', {});
  expect(ids(taken)).toHaveLength(1);
  expect(taken.held[0]?.choices).toEqual([
    { value: 'starmap/datasets/sky-1GB', runs: 1 },
    { value: 'starmap/datasets/sky-2GB', runs: 1 },
  ]);
});

test.each([
  ['sky-25MB', 25e6, 'sky'],
  ['sky_25MiB', 25 * 2 ** 20, 'sky'],
  ['sky.25MB', 24.6e6, 'sky'],
  ['sky-25MB', 26.2e6, 'sky'],
  ['sky-1GB', 25e6, 'sky-1GB'],
  ['sky', 25e6, 'sky'],
  ['25MB', 25e6, '25MB'],
])('%s in partitions of %d bytes is %s', (name, partitionSizeBytes, kind) =>
  expect(
    holdFixed([run('a', { datasetId: `starmap/datasets/${name}`, partitionSizeBytes })], 'batchSize', 'memoryMb', {})
      .held[0]?.value,
  ).toBe(`starmap/datasets/${kind}`),
);

test('no runs, no settings held', () => {
  expect(holdFixed([], 'batchSize', 'partitionSizeBytes', {})).toEqual({ runs: [], held: [] });
  expect(distinct([], 'batchSize')).toBe(0);
});
