import { expect, test } from 'vitest';
import type { Dataset } from './dataset.ts';
import { type LaunchForm, launchForm } from './experiment.ts';
import { runInput } from './run-input.ts';
import { expandSweep, itemCount, runLabel, type SweepDataset, toRunInput } from './sweep.ts';

/** 80 MB in partitions that hold whole samples and are therefore a little smaller than their nominal size. */
function dataset(
  partitionMb: number,
  partitions: number,
  withManifest = true,
  { bucket = 'starmap', name = `d-${partitionMb}MB` } = {},
): SweepDataset {
  const prefix = `datasets/${name}`;
  const bytes = partitionMb * 1e6 - 12_345;
  const files = Array.from({ length: partitions }, (_, i) => ({
    key: `${prefix}/${i + 1}.safetensors`,
    sizeBytes: bytes,
  }));
  const value: Dataset = {
    id: `${bucket}/${prefix}`,
    bucket,
    prefix,
    name,
    partitions,
    sizeBytes: bytes * partitions,
    partitionSizeBytes: partitionMb * 1e6,
    samples: withManifest ? partitions * 100 : null,
    format: 'safetensors',
    createdAt: null,
    manifest: withManifest
      ? {
          version: 1,
          name,
          format: 'safetensors',
          samples: partitions * 100,
          bytes: bytes * partitions,
          partition_size_bytes: partitionMb * 1e6,
          partitions: files.map((_, i) => ({ file: `${i + 1}.safetensors`, samples: 100, bytes })),
          tensors: [],
          made_by: {},
          created_at: '',
        }
      : null,
  };
  return { dataset: value, files };
}
const form = (changes: Partial<LaunchForm> = {}): LaunchForm =>
  launchForm.parse({
    name: 'x',
    datasets: ['starmap/datasets/d-5MB'],
    dataSizesBytes: [null],
    batchSizes: [512],
    model: 'starmap/models/photoz',
    memoriesMb: [2048],
    maxConcurrency: 0,
    repeats: 1,
    ...changes,
  });

test('the product of all values, each repeated, one round after the other', () => {
  const { settings, fieldErrors } = expandSweep(
    form({ dataSizesBytes: [20e6, 40e6], batchSizes: [32, 512], repeats: 2 }),
    [dataset(5, 16), dataset(10, 8)],
  );
  expect(fieldErrors).toEqual({});
  expect(settings).toHaveLength(16);
  expect(settings.map(({ repeat }) => repeat)).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
});

test('a size is that many partitions of the nominal size, whatever whole samples leave over', () => {
  const { settings } = expandSweep(form({ dataSizesBytes: [20e6, 21e6, 80e6, null] }), [dataset(5, 16)]);
  expect(settings.map(({ partitions, dataSizeBytes, samples }) => [partitions, dataSizeBytes, samples])).toEqual([
    [4, 20e6, 400],
    [5, 21e6, 500],
    [16, 80e6, 1600],
  ]);
  expect(settings[0]?.dataBytes).toBe(4 * (5e6 - 12_345));
});

test('of files of any size as many are taken as come to what was asked for', () => {
  const { dataset: tiles, files } = dataset(100, 4, false);
  for (const [i, mb] of [1, 2, 100, 40].entries()) Object.assign(files[i] ?? {}, { sizeBytes: mb * 1e6 });
  const uneven = { dataset: { ...tiles, sizeBytes: 143e6 }, files };
  const { settings } = expandSweep(form({ dataSizesBytes: [1e6, 50e6, 140e6] }), [uneven]);
  expect(settings.map(({ partitions, dataBytes }) => [partitions, dataBytes])).toEqual([
    [1, 1e6],
    [3, 103e6],
    [4, 143e6],
  ]);
  expect(expandSweep(form({ dataSizesBytes: [190e6] }), [uneven]).fieldErrors.dataSizesBytes).toContain(
    'holds 143 MB, which is less than 190 MB',
  );
});

test('more than there is, is an error that tells how much there is', () => {
  expect(expandSweep(form({ dataSizesBytes: [100e6] }), [dataset(5, 16)]).fieldErrors).toEqual({
    dataSizesBytes: 'd-5MB holds 79.8 MB, which is less than 100 MB. Take a smaller size, or all of it.',
  });
});

test('sizes that come to the same partitions run once, with a word', () => {
  const { settings, warnings } = expandSweep(form({ dataSizesBytes: [18e6, 20e6] }), [dataset(5, 16)]);
  expect(settings).toHaveLength(1);
  expect(warnings).toEqual(['20 MB and 18 MB of d-5MB are the same 4 partitions: run once.']);
});

test('too many runs', () => {
  const { settings, fieldErrors } = expandSweep(
    form({ batchSizes: Array.from({ length: 20 }, (_, i) => i + 1), repeats: 50 }),
    [dataset(5, 16)],
  );
  expect(settings).toEqual([]);
  expect(fieldErrors.repeats).toContain('1,000 runs');
});

test('without a manifest the samples are not known', () => {
  expect(expandSweep(form(), [dataset(5, 16, false)]).settings[0]?.samples).toBeNull();
});

test('the input is one that the state machine accepts', () => {
  const settings = expandSweep(form({ worldSize: 3 }), [dataset(5, 16)]).settings[0];
  if (!settings) throw new Error('no run');
  const input = toRunInput(
    settings,
    { bucket: 'starmap', prefix: 'models/photoz' },
    { id: 'r-1', experimentId: 'e-1', bucket: 'starmap', resultPath: 'results/e-1/r-1' },
  );
  expect(runInput.parse(input)).toEqual(input);
  expect(input).toMatchObject({ file_limit: 16, world_size: 3, data_prefix: 'datasets/d-5MB', memory_mb: 2048 });
  expect(itemCount(settings)).toBe(3);
});

test('more workers than partitions: a warning, and no more jobs than partitions', () => {
  const { settings, warnings } = expandSweep(form({ worldSize: 100, dataSizesBytes: [20e6] }), [dataset(5, 16)]);
  expect(warnings).toEqual(['A run with 4 partitions has work for 4 of the 100 workers only.']);
  expect(settings.map(itemCount)).toEqual([4]);
});

test('labels tell the runs of a sweep apart', () => {
  const two = [dataset(5, 16), dataset(10, 8)];
  const bySize = expandSweep(form({ dataSizesBytes: [20e6, 40e6], repeats: 2 }), two).settings;
  const labels = bySize.map((settings) => runLabel(settings, bySize));
  expect(labels[0]).toBe('20 MB · 5 MB partitions · #1');
  expect(new Set(labels).size).toBe(labels.length);
  const one = expandSweep(form(), [dataset(5, 16)]).settings;
  expect(one.map((settings) => runLabel(settings, one))).toEqual(['79.8 MB · 5 MB partitions · batch 512']);
});

test('labels tell the dataset where there are several, unless the size of their partitions does', () => {
  const labels = (...datasets: SweepDataset[]) => {
    const all = expandSweep(form({ dataSizesBytes: [20e6], repeats: 2 }), datasets).settings;
    return all.slice(0, datasets.length).map((settings) => runLabel(settings, all));
  };
  const stars = { name: 'stars' };
  // Another size of partitions does not say that it is other data.
  expect(labels(dataset(5, 16), dataset(10, 8, true, stars))).toEqual([
    'd-5MB · 5 MB partitions · #1',
    'stars · 10 MB partitions · #1',
  ]);
  // Two of one size, beside one of another.
  expect(labels(dataset(5, 16), dataset(10, 8), dataset(5, 16, true, stars))).toEqual([
    'd-5MB · 5 MB partitions · #1',
    'd-10MB · 10 MB partitions · #1',
    'stars · 5 MB partitions · #1',
  ]);
  expect(labels(dataset(5, 16), dataset(5, 16, true, stars))).toEqual(['d-5MB · #1', 'stars · #1']);
  // Named by how much they hold.
  const [less, more] = [{ name: 'd-200MB' }, { name: 'd-1GB' }];
  expect(labels(dataset(5, 16, true, less), dataset(5, 16, true, more))).toEqual(['d-200MB · #1', 'd-1GB · #1']);
  expect(labels(dataset(5, 16), dataset(5, 16, true, { bucket: 'survey' }))).toEqual([
    'starmap/datasets/d-5MB · #1',
    'survey/datasets/d-5MB · #1',
  ]);
});
