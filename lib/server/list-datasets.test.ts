import { expect, test } from 'vitest';
import { putObject } from '../aws/objects.ts';
import { findDataset, listDatasets } from './list-datasets.ts';
import { withLocalRuntime } from './local-runtime.fixture.ts';

withLocalRuntime();

test('a folder that was filled by hand has the formats of all of its files', async () => {
  for (const file of ['1.parquet', '2.csv', '3.NPZ', '10.csv'])
    await putObject('starmap', `datasets/mixed/${file}`, 'x', 'application/octet-stream');
  expect(await findDataset('starmap/datasets/mixed')).toMatchObject({ partitions: 4, format: 'parquet, csv, npz' });
  expect((await listDatasets()).map(({ format }) => format)).toEqual(['parquet, csv, npz']);
});
