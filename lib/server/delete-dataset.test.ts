import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test, vi } from 'vitest';
import { listObjects, putObject } from '../aws/objects.ts';
import { insertExperiment } from '../db/experiments.ts';
import { newExperiment } from '../db/runs.fixture.ts';
import { changeRun, findRun } from '../db/runs.ts';
import { deleteDataset } from './delete-dataset.ts';
import { findDataset } from './list-datasets.ts';
import { withLocalRuntime } from './local-runtime.fixture.ts';
import { makeDataset } from './make-dataset.ts';
import { partitionDataset } from './partition-dataset.ts';

withLocalRuntime();

async function make(name: string): Promise<string> {
  const sizes = { sizeBytes: 500_000, partitionSizeBytes: 250_000, seed: 1 };
  await makeDataset({ bucket: 'starmap', prefix: `datasets/${name}`, ...sizes });
  return `starmap/datasets/${name}`;
}

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listObjects('starmap', prefix)) found.push(key);
  return found;
}

test('its files go, also more than one request lists or deletes, and nothing else', async () => {
  const id = await make('sky');
  const [name, ...others] = Array.from({ length: 1_100 }, (_, i) => `datasets/sky/${i + 10}.npy`);
  for (const key of [
    name ?? '',
    ...others,
    'datasets/sky/notes.txt',
    'datasets/sky/deep/1.npy',
    'datasets/sky-2/1.npy',
  ])
    await putObject('starmap', key, 'x');
  const found = await findDataset(id);
  const files = (found?.partitions ?? 0) + 1;
  expect(await deleteDataset(id)).toMatchObject({ ok: true, value: { files } });
  expect(await keys('datasets/sky')).toEqual([
    'datasets/sky-2/1.npy',
    'datasets/sky/deep/1.npy',
    'datasets/sky/notes.txt',
  ]);
  expect(await deleteDataset(id)).toMatchObject({ ok: false, message: `There is no dataset ${id}.` });
});

test('a dataset that a run waits for stays, and is not replaced; when the run has ended it goes, and the run stays', async () => {
  const id = await make('needed');
  const [experiment, runs] = newExperiment('e', ['r'], new Date());
  for (const { settings } of runs) Object.assign(settings, { datasetId: id });
  await insertExperiment(experiment, runs);
  const message = `1 run that waits or runs reads ${id}. Wait for its end, or stop it first.`;
  expect(await deleteDataset(`${id}/`)).toMatchObject({ ok: false, message });
  const replaced = { bucket: 'starmap', prefix: 'datasets/needed', overwrite: true };
  const sizes = { sizeBytes: 250_000, partitionSizeBytes: 250_000, seed: 2 };
  expect(await makeDataset({ ...replaced, ...sizes })).toMatchObject({ ok: false, fieldErrors: { prefix: message } });
  const source = { path: 'lambdas/testdata/stored.npz' };
  const cut = { samples: 3 };
  const split = { ...replaced, source, cut, format: null, tensors: null, verify: false };
  expect(await partitionDataset(split)).toMatchObject({ ok: false, fieldErrors: { out: message } });
  expect(await findDataset(id)).toMatchObject({ samples: 24 });
  await changeRun('r', { status: 'SUCCEEDED' });
  expect(await deleteDataset(id)).toMatchObject({ ok: true });
  expect(await findRun('r')).toMatchObject({ settings: { datasetId: id } });
});

test.each(['starmap/models/photoz', 'starmap/results/e', 'another/datasets/sky', 'starmap/datasets', 'starmap'])(
  '%s is none of ours',
  async (id) => {
    await putObject('starmap', 'models/photoz/model.onnx', 'x');
    const message = `${id} is no dataset of this deployment: they lie in starmap/datasets/.`;
    expect(await deleteDataset(id)).toMatchObject({ ok: false, message });
    expect(await keys('models/')).toEqual(['models/photoz/model.onnx']);
  },
);

test('objects that may not be deleted are named', async () => {
  const id = await make('locked');
  const send = S3Client.prototype.send as (...args: unknown[]) => unknown;
  vi.spyOn(S3Client.prototype, 'send').mockImplementation(function (this: S3Client, ...args: unknown[]) {
    if (!(args[0] instanceof DeleteObjectsCommand)) return send.apply(this, args);
    return { Errors: [{ Key: 'datasets/locked/1.safetensors', Code: 'AccessDenied', Message: 'Access Denied' }] };
  });
  await expect(deleteDataset(id)).rejects.toMatchObject({
    name: 'BackendError',
    code: 'AccessDenied',
    message: '1 of 3 objects could not be deleted: s3://starmap/datasets/locked/1.safetensors (Access Denied).',
  });
  vi.restoreAllMocks();
});

test('the command deletes with --yes, and asks where that is not said', async () => {
  const id = await make('typed');
  const command = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['lib/cli/main.ts', 'dataset', 'delete', `s3://${id}`, ...args]);
  await expect(command()).rejects.toMatchObject({
    stderr: expect.stringContaining(`Delete 3 files in s3://${id}, 494 kB?`),
  });
  expect(await findDataset(id)).not.toBeNull();
  expect(JSON.parse((await command('--yes', '--json')).stdout)).toMatchObject({ id, files: 3 });
  expect(await findDataset(id)).toBeNull();
});
