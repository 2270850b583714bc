import { afterAll, expect, test } from 'vitest';
import { startHandlers, testdata } from './handlers.fixture.ts';

const { stop, put, putModel, newDataset, runAll, summaryOf, predictions } = await startHandlers();
afterAll(stop);

/** Columns of the predictions, and what is compared with what, of a model that gives `a, b` as they are. */
async function columnsOf(outputs: string[], truth: { column: string; tensor: string }[]) {
  const folder = `models/${outputs.join('-')}-${truth[0]?.tensor.replaceAll(/\W/g, '')}`;
  await putModel(folder, {
    inputs: [{ name: 'x', tensor: 'a, b' }],
    outputs: outputs.map((column) => ({ name: 'y', column })),
    id: undefined,
    truth,
  });
  await put(`${folder}/model.onnx`, testdata('models/same-float32.onnx'));
  const data = newDataset();
  await put(`${data}/1.csv`, 'a,b,ztrue,mtrue\n1,2,1,3\n3,4,3,6\n');
  const planned = await runAll(data, { S3_object_name: folder });
  const [row] = await predictions(`${planned.run.result_path}/predictions.parquet`);
  const { metrics } = await summaryOf(planned);
  return {
    columns: Object.keys(row ?? {}).slice(2),
    compared: metrics.map(({ column, truth, mae }) => [column, truth, mae]),
  };
}

test('truths of several tensors are named after the output, with the suffixes that it has', async () => {
  expect(await columnsOf(['fit'], [{ column: 'fit', tensor: 'ztrue, mtrue' }])).toEqual({
    columns: ['fit_0', 'fit_1', 'fit_true_0', 'fit_true_1'],
    compared: [
      ['fit_0', 'fit_true_0', 0],
      ['fit_1', 'fit_true_1', 1.5],
    ],
  });
});

test('those of two outputs stand in the predictions once', async () => {
  const tensor = 'ztrue, mtrue';
  const { columns, compared } = await columnsOf(
    ['fit', 'again'],
    ['fit', 'again'].map((column) => ({ column, tensor })),
  );
  expect(columns).toEqual(['fit_0', 'fit_1', 'again_0', 'again_1', 'fit_true_0', 'fit_true_1']);
  expect(compared.map(([, truth]) => truth)).toEqual(['fit_true_0', 'fit_true_1', 'fit_true_0', 'fit_true_1']);
});

test('a truth of several values whose columns would be named as those of an output is told apart', async () => {
  const data = newDataset();
  await putModel('models/same-name', {
    inputs: [{ name: 'x', tensor: 'magnitude' }],
    outputs: [{ name: 'y', column: 'magnitude' }],
    id: undefined,
    truth: [{ column: 'magnitude', tensor: 'magnitude' }],
  });
  await put('models/same-name/model.onnx', testdata('models/same-float32.onnx'));
  await put(`${data}/1.safetensors`, testdata('galaxies.safetensors'));
  const planned = await runAll(data, { S3_object_name: 'models/same-name' });
  const { columns } = await summaryOf(planned);
  expect(columns.slice(2)).toEqual(['magnitude_0', 'magnitude_1', 'magnitude_true_0', 'magnitude_true_1']);
});
