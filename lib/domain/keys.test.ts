import { expect, test } from 'vitest';
import { isPartitionKey, mapRunFolder, plainId, rankOfKey, splitId } from './keys.ts';

test('only <rank>.json directly under the result path has a rank', () => {
  const path = 'results/e/r';
  expect(rankOfKey(path, 'results/e/r/0.json')).toBe(0);
  expect(rankOfKey(path, 'results/e/r/517.json')).toBe(517);
  for (const key of ['results/e/r/items.json', 'results/e/r/map/1.json', 'results/e/r2/1.json', 'results/e/r/01.json'])
    expect(rankOfKey(path, key)).toBeUndefined();
});

test('what lies beside the partitions is none', () => {
  for (const key of ['d/1.safetensors', 'd/b.NPY', 'd/c.npz', 'd/d.pt', 'd/e.csv', 'd/f.parquet'])
    expect(isPartitionKey(key)).toBe(true);
  for (const key of ['d/dataset.json', 'd/', 'd/.1.safetensors', 'd/_tmp.npy', 'd/readme.md'])
    expect(isPartitionKey(key)).toBe(false);
});

test('the folder of a map run is named by its ARN', () => {
  expect(mapRunFolder('p', 'arn:aws:states:us-east-1:1:mapRun:starmap/Infer:uuid-1')).toBe('p/map/uuid-1/');
});

test('dataset ids', () => {
  expect(splitId('starmap/datasets/a/')).toEqual({ bucket: 'starmap', prefix: 'datasets/a' });
  expect(splitId('s3://starmap/datasets/a/')).toEqual({ bucket: 'starmap', prefix: 'datasets/a' });
  for (const none of ['starmap', 's3://starmap', 's3://', 's3:///a']) expect(splitId(none), none).toBeUndefined();
});

test('an id has one spelling', () => {
  for (const text of ['starmap/models/a', 'starmap/models/a/', 's3://starmap/models/a', ' s3://starmap/models/a/ '])
    expect(plainId(text)).toBe('starmap/models/a');
  expect(plainId('nonsense')).toBe('nonsense');
});
