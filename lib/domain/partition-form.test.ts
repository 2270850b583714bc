import { expect, it } from 'vitest';
import { toPartitionRequest } from './partition-form.ts';
import { foreignKey, isUnfinished, type PartitionForm } from './partition-job.ts';

const form = (changes: Partial<PartitionForm>): PartitionForm => ({
  source: '/data/galaxies.npz',
  out: '',
  size: '25MB',
  samples: '',
  format: '',
  tensors: '',
  overwrite: false,
  verify: false,
  ...changes,
});

it('names the dataset like the source, in the bucket in use, and keeps how the size was written', () => {
  expect(toPartitionRequest(form({ size: '25MiB', tensors: 'image, id' }), 'b')).toMatchObject({
    ok: true,
    value: {
      source: { path: '/data/galaxies.npz' },
      bucket: 'b',
      prefix: 'datasets/galaxies',
      cut: { sizeBytes: 26_214_400, text: '25MiB' },
      format: null,
      tensors: ['image', 'id'],
    },
  });
});

it.each([
  ['s3://in/sky/', '', { bucket: 'b', prefix: 'datasets/sky' }],
  ['/data/sky.v2/', '', { prefix: 'datasets/sky.v2' }],
  ['/data/sky.h5', '', { prefix: 'datasets/sky' }],
  ['x.csv', 'sky-25MB', { prefix: 'datasets/sky-25MB' }],
  ['x.csv', 's3://other/a/b/', { bucket: 'other', prefix: 'a/b' }],
])('%s to "%s"', (source, out, place) => {
  expect(toPartitionRequest(form({ source, out }), 'b')).toMatchObject({ ok: true, value: place });
});

it.each<[keyof PartitionForm, Partial<PartitionForm>, RegExp]>([
  ['source', { source: '' }, /Give a data file/],
  ['source', { source: 'https://example.org/x.npz' }, /no S3 address/],
  ['source', { source: 's3://bucket' }, /no S3 address/],
  ['out', { out: 'a/b' }, /no place for a dataset/],
  ['out', { source: '/data/my galaxies.npz' }, /^"my galaxies" is no place for a dataset: give a name without spaces/],
  ['out', { out: '../up' }, /no place for a dataset/],
  ['out', { out: 's3://bucket/a/../up' }, /no place for a dataset/],
  ['size', { size: '25 apples' }, /no size: write it such as 25MB \(10\^6 bytes\) or 25MiB/],
  ['size', { size: '' }, /size of a partition/],
  ['samples', { samples: '100' }, /not both/],
  ['samples', { size: '', samples: '1.5' }, /no number of samples/],
  ['format', { format: 'hdf5' }, /cannot be written; choose safetensors/],
])('names %s when it is wrong', (field, changes, message) => {
  expect(toPartitionRequest(form(changes), 'b')).toMatchObject({
    ok: false,
    fieldErrors: { [field]: expect.stringMatching(message) },
  });
});

it.each([true, false])(
  'asks for the source only where nothing is given: the name comes from it (verify: %s)',
  (verify) => {
    const answer = toPartitionRequest(form({ source: '', out: '', verify }), 'b');
    expect(answer).toMatchObject({ ok: false });
    expect(Object.keys(answer.ok ? {} : answer.fieldErrors)).toEqual(['source']);
  },
);

it('needs no source to verify', () => {
  expect(toPartitionRequest(form({ source: '', out: 'x', verify: true }), 'b')).toMatchObject({
    ok: true,
    value: { source: null, cut: null, verify: true },
  });
});

it('tells an unfinished dataset from a whole one, and from a folder of something else', () => {
  const files = ['d/1.npz', 'd/partition-state.json'];
  expect([isUnfinished(files), isUnfinished([...files, 'd/dataset.json']), isUnfinished(['d/1.npz'])]).toEqual([
    true,
    false,
    false,
  ]);
  expect(foreignKey('d', [...files, 'd/dataset.json'])).toBeUndefined();
  expect(foreignKey('d', [...files, 'd/deeper/2.npz'])).toBe('d/deeper/2.npz');
});
