import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { listObjects, putObject, readObject } from '../aws/objects.ts';
import { changeRun } from '../db/runs.ts';
import { launchForm } from '../domain/experiment.ts';
import { projectFolder } from '../env.ts';
import { checkModel } from './check-model.ts';
import { deleteModel } from './delete-model.ts';
import { launchExperiment } from './launch.ts';
import { findModel, listModels } from './list-models.ts';
import { withLocalRuntime } from './local-runtime.fixture.ts';
import { makeDataset } from './make-dataset.ts';
import { beginModelUpload, cancelModelUpload, finishModelUpload, receiveModelFile } from './upload-model.ts';

// Against the local runtime's S3 in a process of its own, with real graphs.

withLocalRuntime();

const photoz = projectFolder('lambdas/models/photoz');
const graph = readFileSync(join(photoz, 'model.onnx'));
const manifest = readFileSync(join(photoz, 'model.json'), 'utf8');
const files = [
  { name: 'model.json', sizeBytes: manifest.length },
  { name: 'model.onnx', sizeBytes: graph.length },
  { name: 'README.md', sizeBytes: 10 },
];
const request = { name: 'mine', manifest, files, replace: false };

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listObjects('starmap', 'models/')) found.push(key);
  return found;
}

async function begin(changes: Partial<typeof request> = {}): Promise<string> {
  const begun = await beginModelUpload({ ...request, ...changes });
  if (!begun.ok) throw new Error(begun.message);
  return begun.value.uploadId;
}

const send = (uploadId: string, bytes: Uint8Array = graph) =>
  receiveModelFile(uploadId, 'model.onnx', Readable.from([bytes]), bytes.length);

test('a package is invisible until it is whole and checked; then it is listed and can be tried on a dataset', async () => {
  const uploadId = await begin();
  await send(uploadId);
  expect(await listModels()).toEqual([]);
  const finished = await finishModelUpload(uploadId, 'mine', false);
  expect(finished).toMatchObject({ ok: true, value: { id: 'starmap/models/mine', check: { findings: [] } } });
  expect(await keys()).toEqual(['models/mine/model.json', 'models/mine/model.onnx']);
  expect(Buffer.from(await readObject('starmap', 'models/mine/model.onnx')).equals(graph)).toBe(true);
  expect(await listModels()).toMatchObject([{ id: 'starmap/models/mine', problem: null, sizeBytes: graph.length }]);

  await makeDataset({
    bucket: 'starmap',
    prefix: 'datasets/small',
    sizeBytes: 500_000,
    partitionSizeBytes: 250_000,
    seed: 1,
  });
  const tried = await checkModel({ model: { id: 'starmap/models/mine' }, data: { dataset: 'starmap/datasets/small' } });
  expect(tried).toMatchObject({ ok: true, value: { findings: [], trial: { file: 'datasets/small/1.safetensors' } } });
});

test('a name that is taken is asked about; replacing leaves no file of the old package', async () => {
  expect(await beginModelUpload(request)).toMatchObject({
    ok: false,
    fieldErrors: { name: 'There is a model package mine already. Replace it, or choose another name.' },
  });
  const renamed = manifest.replace('"model.onnx"', '"second.onnx"');
  const uploadId = await begin({
    manifest: renamed,
    files: [{ name: 'second.onnx', sizeBytes: graph.length }],
    replace: true,
  });
  await receiveModelFile(uploadId, 'second.onnx', Readable.from([graph]), graph.length);
  expect(await finishModelUpload(uploadId, 'mine', true)).toMatchObject({
    ok: true,
    value: { id: 'starmap/models/mine' },
  });
  expect(await keys()).toEqual(['models/mine/model.json', 'models/mine/second.onnx']);
});

test('of two uploads of one name that end together one takes it, and the other hears that it is taken', async () => {
  const uploads = await Promise.all([begin({ name: 'both' }), begin({ name: 'both' })]);
  await Promise.all(uploads.map((uploadId) => send(uploadId)));
  const ends = await Promise.all(uploads.map((uploadId) => finishModelUpload(uploadId, 'both', false)));
  expect(ends.filter(({ ok }) => ok)).toMatchObject([{ value: { id: 'starmap/models/both' } }]);
  expect(ends.filter(({ ok }) => !ok)).toMatchObject([
    { fieldErrors: { name: 'There is a model package both already. Replace it, or choose another name.' } },
  ]);
  expect((await keys()).filter((key) => key.startsWith('models/.incoming/'))).toEqual([]);
  expect(await deleteModel('starmap/models/both')).toMatchObject({ ok: true });
});

test('a package that cannot work is not installed, and what is wrong is said', async () => {
  const uploadId = await begin({ name: 'broken', manifest: manifest.replace('"name": "redshift"', '"name": "z"') });
  await send(uploadId);
  const finished = await finishModelUpload(uploadId, 'broken', false);
  expect(finished).toMatchObject({
    ok: true,
    value: {
      id: null,
      check: { findings: [{ severity: 'error', message: 'model.json names output z; the ONNX graph has: redshift' }] },
    },
  });
  expect((await keys()).filter((key) => !key.startsWith('models/mine/'))).toEqual([]);
});

test('a body that breaks off leaves nothing, and so does an upload that is cancelled', async () => {
  const uploadId = await begin({ name: 'cut' });
  const cut = Readable.from(
    (async function* () {
      yield graph.subarray(0, 1_000);
      throw new Error('the browser went away');
    })(),
  );
  await expect(receiveModelFile(uploadId, 'model.onnx', cut, graph.length)).rejects.toThrow('the browser went away');
  const short = receiveModelFile(uploadId, 'model.onnx', Readable.from([graph.subarray(1)]), graph.length);
  await expect(short).rejects.toThrow(`model.onnx broke off after ${graph.length - 1} of ${graph.length} bytes`);
  await cancelModelUpload(uploadId);
  expect((await keys()).filter((key) => !key.startsWith('models/mine/'))).toEqual([]);
  expect(await send(uploadId)).toMatchObject({ ok: false, message: expect.stringContaining('not going on any more') });
});

test('model.json and the files are looked at before a byte is sent', async () => {
  const problems = async (changes: Partial<typeof request>) => {
    const begun = await beginModelUpload({ ...request, name: 'new', ...changes });
    return begun.ok ? {} : begun.fieldErrors;
  };
  expect(await problems({ name: '../x' })).toMatchObject({ name: expect.stringContaining('letters, digits') });
  expect(await problems({ manifest: manifest.replace('"outputs"', '"outptus"') })).toMatchObject({
    files: expect.stringContaining('outptus: unknown field; did you mean "outputs"?'),
  });
  expect(await problems({ files: [] })).toMatchObject({ files: 'model.json names model.onnx: pick it too.' });
  expect(await problems({ files: [{ name: 'model.onnx', sizeBytes: 2 ** 31 + 1 }] })).toMatchObject({
    files: 'model.onnx is larger than 2 GiB, which is the most that one ONNX file can be.',
  });
  const uploadId = await begin({ name: 'new' });
  expect(await receiveModelFile(uploadId, '../../x', Readable.from([graph]), 1)).toMatchObject({ ok: false });
  await cancelModelUpload(uploadId);
});

test('a package that a run waits for is neither deleted nor replaced', async () => {
  const form = launchForm.parse({
    name: 'Test',
    datasets: ['starmap/datasets/small'],
    dataSizesBytes: [null],
    batchSizes: [16],
    model: 'starmap/models/mine',
    memoriesMb: [2048],
    maxConcurrency: 0,
    repeats: 1,
  });
  const launched = await launchExperiment(form);
  if (!launched.ok) throw new Error(launched.message);
  const inUse = '1 run that waits or runs needs starmap/models/mine. Wait for its end, or stop it first.';
  expect(await deleteModel('starmap/models/mine')).toMatchObject({ ok: false, message: inUse });
  expect(await beginModelUpload({ ...request, replace: true })).toMatchObject({ ok: false, message: inUse });
  await changeRun(launched.value.runIds[0] ?? '', { status: 'STOPPED' });
  expect(await deleteModel('starmap/models/mine')).toMatchObject({ ok: true, value: { deleted: 2 } });
  expect(await findModel('starmap/models/mine')).toBeNull();
  expect(await deleteModel('starmap/datasets/small')).toMatchObject({ ok: false });
});

test('a package whose weights beside the graph are replaced is listed as another version', async () => {
  const described = { ...JSON.parse(manifest), external_data: ['weights.data'] };
  await putObject('starmap', 'models/beside/model.json', JSON.stringify(described), 'application/json');
  await putObject('starmap', 'models/beside/model.onnx', 'graph', 'application/octet-stream');
  const versions: (string | undefined)[] = [];
  for (const weights of ['some', 'others']) {
    await putObject('starmap', 'models/beside/weights.data', weights, 'application/octet-stream');
    versions.push((await findModel('starmap/models/beside'))?.etag);
  }
  expect(versions).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(versions[0]).not.toBe(versions[1]);
});
