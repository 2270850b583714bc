import { afterAll, expect, test } from 'vitest';
import type { WorkItem } from '../lib/domain/plan.ts';
import { bytesSource, joined } from './formats/bytes-source.ts';
import { openPartition } from './formats/open-partition.ts';
import type { PartitionTensor } from './formats/partition.ts';
import { startHandlers, testdata } from './handlers.fixture.ts';

const handlers = await startHandlers();
const { put, putModel, newDataset, putDataset, plan, itemsOf, inferItem, runAll, predictions } = handlers;
afterAll(handlers.stop);

/** A model that gives 1 for every x, with a script that makes the column `made`. */
async function putScripted(postprocess: string, outputs: object[] = [{ column: 'made' }]) {
  const folder = 'models/scripted';
  await putModel(folder, {
    inputs: [{ name: 'x', tensor: 'x' }],
    outputs,
    id: undefined,
    truth: [],
    script: 'steps.mjs',
  });
  await put(`${folder}/model.onnx`, testdata('models/divides.onnx'));
  await put(`${folder}/steps.mjs`, `export function postprocess(outputs, { firstRow, rows }) { ${postprocess} }`);
  return { S3_object_name: folder };
}

async function putRows(...rows: number[]): Promise<string> {
  const data = newDataset();
  await put(`${data}/1.csv`, `x\n${rows.join('\n')}\n`);
  return data;
}

test('each of the columns that are ids together stays what it is: a text, and integers that a float would round', async () => {
  const id = 'name, objid, specobjid';
  const inputs = [{ name: 'x', tensor: 'x' }];
  await putModel('models/ids', { inputs, outputs: [{ name: 'y', column: 'y' }], id, truth: [] });
  await put('models/ids/model.onnx', testdata('models/divides.onnx'));
  const planned = await runAll(await putDataset('formats/objects.fits'), { S3_object_name: 'models/ids' });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ id_0, id_1, id_2 }) => [id_0, id_1, id_2])).toEqual([
    ['NGC 1300', 2n ** 60n + 1n, 2n ** 63n + 1n],
    ['M 31', 2n ** 60n + 2n, 2n ** 63n + 2n],
  ]);
});

test('a script that returns whole numbers for one batch and others for the next loses none of them', async () => {
  const model = await putScripted(`
    const Numbers = firstRow === 0 ? Int32Array : Float32Array;
    return { made: Numbers.from({ length: rows }, (_, i) => firstRow + i * 1.5) };`);
  const planned = await runAll(await putRows(1, 2, 3, 4, 5), { ...model, batch_size: '3' });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ made }) => made)).toEqual([0, 1, 3, 3, 4.5]);
});

test('a script that writes into the tensor that it gets does not change the truth', async () => {
  const folder = 'models/in-place';
  await putModel(folder, {
    inputs: [{ name: 'x', tensor: 'redshift' }],
    outputs: [{ name: 'y', column: 'y' }],
    truth: [{ column: 'y', tensor: 'redshift' }],
    script: 'steps.mjs',
  });
  await put(`${folder}/model.onnx`, testdata('models/divides.onnx'));
  await put(`${folder}/steps.mjs`, 'export function preprocess({ redshift }) { redshift.data.fill(1); return {}; }');
  const data = await putDataset('formats/galaxies.safetensors');
  const planned = await runAll(data, { S3_object_name: folder });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  const { tensors } = await openPartition(bytesSource('1.safetensors', testdata('formats/galaxies.safetensors')));
  const redshift = await joined((tensors.get('redshift') as PartitionTensor).bytes());
  expect(rows.map((row) => row.redshift)).toEqual([...new Float32Array(redshift.buffer)]);
});

test('a script that writes into the tensor that it gets does not change an input that it does not return', async () => {
  const inputs = (script?: string) => ({ id: undefined, truth: [], ...(script && { script }) });
  await putModel('models/plain', inputs());
  await putModel('models/writes', inputs('steps.mjs'));
  await put('models/writes/steps.mjs', 'export function preprocess({ image }) { image.data.fill(9); return {}; }');
  const data = await putDataset('galaxies.safetensors');
  const predicted = async (folder: string) => {
    const planned = await runAll(data, { S3_object_name: folder });
    const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
    return rows.map((row) => row.redshift_pred);
  };
  expect(await predicted('models/writes')).toEqual(await predicted('models/plain'));
});

test('a script that writes into the outputs that it gets does not change the columns of the graph', async () => {
  const model = await putScripted('outputs.y.data.fill(7); return { made: outputs.y.data };', [
    { column: 'made' },
    { name: 'y', column: 'raw' },
  ]);
  const planned = await runAll(await putRows(1, 2), model);
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows).toMatchObject([
    { made: 7, raw: 1 },
    { made: 7, raw: 1 },
  ]);
});

test('a script that returns fewer values per sample for a later batch is told so', async () => {
  const model = await putScripted(`
    const width = firstRow === 0 ? 2 : 1;
    return { made: { data: new Float32Array(rows * width), dims: [rows, width] } };`);
  const planned = await plan(await putRows(1, 2, 3, 4, 5), { ...model, batch_size: '3' });
  const [item] = await itemsOf(planned);
  await expect(inferItem(planned, item as WorkItem)).rejects.toThrow(
    /1\.csv: column made has 1 values per sample in a batch, 2 in one before; it must have as many in all/,
  );
});
