import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { ExecutionInfo } from '../../lib/domain/execution-info.ts';
import type { Plan, WorkItem } from '../../lib/domain/plan.ts';
import { context, startHandlers, testdata } from '../handlers.fixture.ts';
import { startModelThreads } from './model-threads.ts';
import { ONNX_RUNTIME } from './prepared-graph.ts';

const handlers = await startHandlers();
const { objects, put, read, readJson, putModel, plan, itemsOf, inferOne, predictions, putDataset } = handlers;
// It looks at the environment when it is loaded.
const { openInference } = await import('./function.ts');
afterAll(handlers.stop);

const dataset = await putDataset('galaxies.safetensors');

/** The tiny model with a description of 100 kB: large enough to be prepared. */
async function putLargeModel(folder: string): Promise<Plan['run']['model']> {
  await putModel(folder);
  const length = 100_000;
  const description = [0x32, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14];
  const graph = Buffer.concat([testdata('tiny.onnx'), Buffer.from(description), Buffer.alloc(length, 'x')]);
  await put(`${folder}/model.onnx`, graph);
  return (await plan(dataset, { S3_object_name: folder })).run.model;
}
const preparedKeys = async (folder: string) =>
  (await objects.listObjects('starmap', { prefix: `${folder}/prepared/` })).objects.map(({ key }) => key);
const redshifts = async ({ run }: Plan) =>
  (await predictions(`${run.result_path}/predictions/0.parquet`)).map((row) => row.redshift_pred);

/** Runs an item in an environment that has no model yet. */
async function inferInNewEnvironment(planned: Plan, item: WorkItem) {
  const threads = startModelThreads(1);
  try {
    return await openInference(threads, 1)({ ...item, run: planned.run }, context);
  } finally {
    await threads.close();
  }
}

test('the first item of a run leaves its graph prepared, and later environments start from that: the same predictions', async () => {
  const folder = 'models/large';
  await putLargeModel(folder);
  const first = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  expect(first.planned.run.model.graph).toMatchObject({ files: ['model.onnx'], prepared: {} });
  await inferInNewEnvironment(first.planned, { ...first.item, rank: 1 });
  expect(await preparedKeys(folder)).toEqual([]);
  await inferInNewEnvironment(first.planned, first.item);
  const keys = await preparedKeys(folder);
  expect(keys).toHaveLength(1);

  const second = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  await objects.deleteObject('starmap', `${folder}/model.onnx`);
  const done = await inferInNewEnvironment(second.planned, second.item);
  expect(await redshifts(second.planned)).toEqual(await redshifts(first.planned));
  const [before, after] = await Promise.all(
    [first.planned.run.result_path, second.planned.run.result_path].map((at) =>
      readJson<ExecutionInfo>(`${at}/0.json`),
    ),
  );
  expect(done.samples).toBe(7);
  expect(after?.model_etag).toBe(before?.model_etag);
  expect(await preparedKeys(folder)).toEqual(keys);
});

test('a warm environment uses what was prepared since it loaded the model, in runs that were planned with it', async () => {
  const folder = 'models/convolutions';
  await put(`${folder}/model.onnx`, testdata('rewriting/network.onnx'));
  const manifest = { version: 1, name: 'convolutions', onnx: 'model.onnx' };
  const [inputs, outputs] = [[{ name: 'image', tensor: 'image' }], [{ name: 'y', column: 'y' }]];
  await put(`${folder}/model.json`, JSON.stringify({ ...manifest, inputs, outputs }));
  const data = await putDataset('rewriting/rows.safetensors');
  const threads = startModelThreads(1);
  const infer = openInference(threads, 1);
  const done: { isPrepared: boolean | undefined; rows: Record<string, unknown>[] }[] = [];
  try {
    const plans: Plan[] = [];
    for (let run = 0; run < 3; run++) {
      plans.push(await plan(data, { S3_object_name: folder }));
      // The last one goes on as the first one was planned, while others use what was prepared.
      const planned = plans[run % 2] as Plan;
      const [item] = await itemsOf(planned);
      await infer({ ...item, run: planned.run }, context);
      const at = planned.run.result_path;
      const { prepared_graph: isPrepared } = await readJson<ExecutionInfo>(`${at}/0.json`);
      done.push({ isPrepared, rows: await predictions(`${at}/predictions/0.parquet`) });
    }
  } finally {
    await threads.close();
  }
  expect(done.map(({ isPrepared }) => isPrepared)).toEqual([false, true, false]);
  const [first, ...later] = done.map(({ rows }) => rows.flatMap(({ y_0, y_1 }) => [Number(y_0), Number(y_1)]));
  expect(first).toHaveLength(14);
  expect(later[1]).toEqual(first);
  for (const values of later) {
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(first?.[i] ?? Number.NaN, 6);
  }
});

test('what one run has prepared is not replaced by another that began before it was there', async () => {
  const folder = 'models/prepared-twice';
  await putLargeModel(folder);
  const first = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  const second = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  await inferInNewEnvironment(first.planned, first.item);
  const [key = ''] = await preparedKeys(folder);
  await put(key, 'left by the first');
  await inferInNewEnvironment(second.planned, second.item);
  expect((await read(key)).toString()).toBe('left by the first');
});

test('another version of a graph is prepared anew', async () => {
  const folder = 'models/large-replaced';
  await putLargeModel(folder);
  const first = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  await inferInNewEnvironment(first.planned, first.item);
  await put(`${folder}/model.onnx`, Buffer.concat([await read(`${folder}/model.onnx`), Buffer.from([0x72, 0])]));
  expect((await plan(dataset, { S3_object_name: folder })).run.model.graph?.prepared).toEqual({});
});

test.each(['damaged', 'replaced after the run was planned', 'deleted'])(
  'a prepared graph that is %s is not needed: the model is loaded from its ONNX file',
  async (what) => {
    const folder = `models/large-${what.replaceAll(' ', '-')}`;
    await putLargeModel(folder);
    const first = await inferOne('galaxies.safetensors', { S3_object_name: folder });
    await inferInNewEnvironment(first.planned, first.item);
    const [key = ''] = await preparedKeys(folder);
    if (what === 'damaged') await put(key, (await read(key)).subarray(0, 100));
    const second = await inferOne('galaxies.safetensors', { S3_object_name: folder });
    if (what === 'deleted') await objects.deleteObject('starmap', key);
    else if (what !== 'damaged') await put(key, 'another');
    await inferInNewEnvironment(second.planned, second.item);
    expect(await redshifts(second.planned)).toEqual(await redshifts(first.planned));
  },
);

test('tiny graphs, and models where the function may not write, are not prepared', async () => {
  expect((await plan(dataset)).run.model.graph).toBeUndefined();
  expect((await putLargeModel('elsewhere/large')).graph).toBeUndefined();
});

test('where preparing a graph fails, the item does not', async () => {
  const folder = 'models/large-unwritable';
  await putLargeModel(folder);
  const { planned, item } = await inferOne('galaxies.safetensors', { S3_object_name: folder });
  const { graph } = planned.run.model;
  const nowhere = { ...planned.run.model, graph: graph && { ...graph, files: ['gone.onnx'] } };
  const done = await inferInNewEnvironment({ ...planned, run: { ...planned.run, model: nowhere } }, item);
  expect(done.samples).toBe(7);
});

test('prepared graphs are named by the version of ONNX Runtime that is installed', () => {
  const installed = JSON.parse(
    readFileSync(new URL('../../node_modules/onnxruntime-node/package.json', import.meta.url), 'utf8'),
  );
  expect(installed.version).toBe(ONNX_RUNTIME);
});
