import { expect, test } from 'vitest';
import { launchForm } from './experiment.ts';

const form = {
  name: 'n',
  datasets: ['s3://starmap/datasets/sky/'],
  dataSizesBytes: [null],
  batchSizes: [64],
  model: 's3://starmap/models/photoz/',
  memoriesMb: [2048],
  maxConcurrency: 0,
  repeats: 1,
};

test('a dataset and a model may be given as S3 addresses', () => {
  expect(launchForm.parse(form)).toMatchObject({ datasets: ['starmap/datasets/sky'], model: 'starmap/models/photoz' });
});

test('what is no place is refused', () => {
  const refused = launchForm.safeParse({ ...form, datasets: ['sky'], model: 's3:' });
  expect(refused.error?.issues.map(({ message }) => message)).toEqual(['Choose a dataset', 'Choose a model']);
});
