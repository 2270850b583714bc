import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataFiles, expectedSamples, partitionWarnings, spread } from './partitions.ts';

const file = (key: string, sizeBytes = 100) => ({ key, sizeBytes, etag: '"e"' });
const files = (...keys: string[]) =>
  dataFiles(
    'b',
    keys.map((key) => file(key)),
  );

test('data files in natural order; manifests, markers and hidden files left out', () => {
  const keys = [
    'd/10.npy',
    'd/2.npy',
    'd/',
    'd/dataset.json',
    'd/.hidden.npy',
    'd/_tmp.npy',
    'd/1.NPY',
    'd/readme.txt',
  ];
  expect(files(...keys).map((ref) => ref.key)).toEqual(['d/1.NPY', 'd/2.npy', 'd/10.npy']);
});

test('work is spread evenly, in order, and nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      (n, workers) => {
        const refs = files(...Array.from({ length: n }, (_, i) => `d/${i + 1}.npy`));
        const items = spread(refs, workers);
        expect(items.flatMap((item) => item.partitions)).toEqual(refs);
        expect(items.map((item) => item.rank)).toEqual(items.map((_, i) => i));
        expect(items.length).toBe(Math.min(workers ?? n, n));
        const sizes = items.map((item) => item.partitions.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

const manifest = (...names: string[]) => ({
  version: 1 as const,
  name: 'x',
  format: 'npy',
  samples: 10 * names.length,
  bytes: 100 * names.length,
  partition_size_bytes: 100,
  partitions: names.map((name) => ({ file: name, samples: 10, bytes: 100 })),
  tensors: [],
  made_by: {},
  created_at: '',
});

test('samples are expected only where the manifest knows every file', () => {
  const refs = files('d/1.npy', 'd/2.npy');
  expect(expectedSamples(refs, undefined)).toBeNull();
  expect(expectedSamples(refs, manifest('1.npy'))).toBeNull();
  expect(expectedSamples(refs.slice(0, 1), manifest('1.npy', '2.npy'))).toBe(10);
});

test('a gap in the numbers is named', () => {
  expect(partitionWarnings(files('d/1.npy', 'd/2.npy', 'd/5.npy'), undefined)).toEqual([
    'The file numbers have gaps: 3, 4 not there between 1 and 5.',
  ]);
  expect(partitionWarnings(files('d/1.npy', 'd/1000000000.npy'), undefined)[0]).toContain('and 999999988 more');
  expect(partitionWarnings(files('d/1237648720693755918.npy', 'd/1237648720693800000.npy'), undefined)).toEqual([]);
  expect(partitionWarnings(files('d/a.npy', 'd/b.npy'), undefined)).toEqual([]);
});

test('differences from dataset.json are named', () => {
  const refs = dataFiles('b', [file('d/1.npy'), file('d/2.npy', 90), file('d/4.npy')]);
  expect(partitionWarnings(refs, manifest('1.npy', '2.npy', '3.npy'))).toEqual([
    'The file numbers have gaps: 3 not there between 1 and 4.',
    'dataset.json lists files that are not there: 3.npy.',
    'Files differ in size from dataset.json: 2.npy (100 bytes there, 90 in S3).',
    '1 of 3 files are not in dataset.json.',
  ]);
});
