import { afterAll, expect, test } from 'vitest';
import type { WorkItem } from '../lib/domain/plan.ts';
import { commonColumns, widen } from './common-columns.ts';
import { startHandlers, testdata } from './handlers.fixture.ts';
import type { ColumnType, ParquetColumn } from './parquet-columns.ts';

const handlers = await startHandlers();
const {
  put,
  read,
  putModel,
  newDataset,
  putDataset,
  plan,
  itemsOf,
  inferItem,
  summary,
  summaryOf,
  runAll,
  predictions,
} = handlers;
afterAll(handlers.stop);

test.each<[ColumnType, ColumnType, ColumnType, ColumnType]>([
  ['INT32', 'INT32', 'INT32', 'INT32'],
  ['INT32', 'INT64', 'INT64', 'INT64'],
  ['FLOAT', 'DOUBLE', 'DOUBLE', 'DOUBLE'],
  ['INT64', 'DOUBLE', 'DOUBLE', 'STRING'],
  ['INT64', 'UINT64', 'DOUBLE', 'STRING'],
  ['INT32', 'STRING', 'STRING', 'STRING'],
])('%s and %s are %s, as an id %s', (a, b, truth, id) => {
  const columns = (type: ColumnType) => ['z', 'id'].map((name) => ({ name, type }));
  const expected = [
    { name: 'z', type: truth },
    { name: 'id', type: id },
  ];
  const common = (ours: ParquetColumn[], theirs: ParquetColumn[]) => commonColumns(ours, theirs, new Set(['z']));
  expect(common(columns(a), columns(b))).toEqual(expected);
  expect(common(columns(b), columns(a))).toEqual(expected);
  expect(common([{ name: 'id_1', type: a }], [{ name: 'id_1', type: b }])).toEqual([{ name: 'id_1', type: id }]);
});

test('values are the same in a wider column', () => {
  const id = 9007199254740993n;
  expect(widen(BigInt64Array.of(id), 'INT64', 'STRING')).toEqual([String(id)]);
  expect(widen(Float64Array.of(2 ** 60, 0.5), 'DOUBLE', 'STRING')).toEqual(['1152921504606846976', '0.5']);
  expect(widen(Int32Array.of(-1), 'INT32', 'INT64')).toEqual(BigInt64Array.of(-1n));
  expect(widen(Float32Array.of(0.5, Number.NaN), 'FLOAT', 'DOUBLE')).toEqual(Float64Array.of(0.5, Number.NaN));
});

/** Files with the columns name, x and z in a dataset, and a model that has the names as ids and z as truth. */
async function putTable(...files: string[]): Promise<string> {
  const [inputs, outputs] = [[{ name: 'x', tensor: 'x' }], [{ name: 'y', column: 'y' }]];
  const truth = [{ column: 'y', tensor: 'z' }];
  await putModel(table.S3_object_name, { onnx: 'model.onnx', inputs, outputs, id: 'name', truth });
  await put(`${table.S3_object_name}/model.onnx`, testdata('models/divides.onnx'));
  const data = newDataset();
  for (const [i, rows] of files.entries()) await put(`${data}/${i + 1}.csv`, `name,x,z\n${rows}\n`);
  return data;
}
const table = { S3_object_name: 'models/table' };

test.each([
  ['an item for each', {}, 4],
  ['one item for all', { world_size: 1 }, 1],
])(
  'files whose columns have other types are joined, ids as they are and truths as numbers: %s',
  async (_, size, items) => {
    const data = await putTable('9007199254740993,1,3', 'NGC 1300,2,0.5', '7,4,', '8,5,\n9,5,2');
    const planned = await runAll(data, { ...table, ...size });
    expect(await summaryOf(planned)).toMatchObject({
      completeness: { complete: true, expected: { items } },
      warnings: [],
      metrics: [{ n: 3, mae: expect.closeTo((2 + 0.5 + 1) / 3, 6) }],
    });
    const csv = (await read(`${planned.run.result_path}/predictions.csv`)).toString().trim().split('\n').slice(1);
    expect(csv.map((line) => line.split(',').slice(2).join())).toEqual([
      '9007199254740993,1,3',
      'NGC 1300,1,0.5',
      '7,1,NaN',
      '8,1,NaN',
      '9,1,2',
    ]);
    const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
    expect(rows.map(({ id, z }) => [id, z])).toEqual([
      ['9007199254740993', 3],
      ['NGC 1300', 0.5],
      ['7', Number.NaN],
      ['8', Number.NaN],
      ['9', 2],
    ]);
  },
);

test('ids with zeros before them are kept as they are, also where the model is fed with them', async () => {
  const data = await putTable('00123,1,3\n00007,1,2', '12345,1,1');
  const inputs = [{ name: 'x', tensor: 'name' }];
  await putModel('models/padded', {
    onnx: 'model.onnx',
    inputs,
    outputs: [{ name: 'y', column: 'y' }],
    id: 'name',
    truth: [],
  });
  await put('models/padded/model.onnx', testdata('models/divides.onnx'));
  const planned = await runAll(data, { S3_object_name: 'models/padded', world_size: '1' });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ id, y }) => [id, y])).toEqual([
    ['00123', 1],
    ['00007', 1],
    ['12345', 1],
  ]);
  const csv = (await read(`${planned.run.result_path}/predictions.csv`)).toString();
  expect(csv).toContain(',00123,1');
});

test('texts of an npz file are ids; a truth that is text fails its item with the remedy', async () => {
  const data = await putDataset('many-texts.npz');
  const manifest = { onnx: 'model.onnx', inputs: [{ name: 'x', tensor: 'x' }], outputs: [{ name: 'y', column: 'y' }] };
  const putTexts = (truth: object[]) => putModel('models/texts', { ...manifest, id: 'name', truth });
  await putTexts([]);
  await put('models/texts/model.onnx', testdata('models/divides.onnx'));
  const run = { S3_object_name: 'models/texts', batch_size: '700' };
  const planned = await runAll(data, run);
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 3_000 }, (_, i) => `galaxy ${i}`));
  await putTexts([{ column: 'y', tensor: 'name' }]);
  await put('models/texts/model.onnx', testdata('models/divides.onnx'));
  const again = await plan(data, run);
  const [item] = await itemsOf(again);
  await expect(inferItem(again, item as WorkItem)).rejects.toThrow(
    /1\.npz: truth of y: tensor name is text, and a truth is a number; store it as numbers/,
  );
});

test.each([
  ['an item for each', {}],
  ['one item for all', { world_size: 1 }],
])('a file whose ids or truths are not known is joined with the others, wherever it stands: %s', async (_, size) => {
  const data = await putTable('1,1,3\n2,1,1', '3,1,2');
  await put(`${data}/0.csv`, 'x,z\n1,5\n');
  await put(`${data}/3.csv`, 'name,x\n4,1\n5,1\n');
  const planned = await runAll(data, { ...table, ...size });
  expect(await summaryOf(planned)).toMatchObject({
    rows: 6,
    completeness: { complete: true },
    warnings: ['name', 'z'].map(
      (tensor) => `1 of 4 files has no tensor ${tensor}, which model.json names for id or truth.`,
    ),
    metrics: [{ n: 4, left_out: 2, mae: expect.closeTo((4 + 2 + 0 + 1) / 4, 6) }],
  });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ source, row, id, y, z }) => [String(source).at(-5), row, id, y, z])).toEqual([
    ['0', 0, '', 1, 5],
    ['1', 0, '1', 1, 3],
    ['1', 1, '2', 1, 1],
    ['2', 0, '3', 1, 2],
    ['3', 0, '4', 1, Number.NaN],
    ['3', 1, '5', 1, Number.NaN],
  ]);
});

test('two truths, of which files have the one, the other or both, are joined', async () => {
  const data = await putTable();
  const truth = ['z', 'w'].map((tensor, i) => ({ column: `y${i}`, tensor }));
  const outputs = truth.map(({ column }) => ({ name: 'y', column }));
  const inputs = [{ name: 'x', tensor: 'x' }];
  await putModel('models/truths', { onnx: 'model.onnx', inputs, outputs, id: undefined, truth });
  await put('models/truths/model.onnx', testdata('models/divides.onnx'));
  for (const [i, text] of ['x,z\n1,2\n', 'x,w\n1,3\n', 'x,z,w\n1,4,5\n'].entries()) await put(`${data}/${i}.csv`, text);
  const planned = await runAll(data, { S3_object_name: 'models/truths' });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(rows.map(({ z, w }) => [z, w])).toEqual([
    [2, Number.NaN],
    [Number.NaN, 3],
    [4, 5],
  ]);
});

test('data without any truth has no column for it, and that is said', async () => {
  const data = await putTable();
  await put(`${data}/1.csv`, 'name,x\n1,1\n');
  await put(`${data}/2.csv`, 'name,x\n2,1\n');
  const found = await summaryOf(await runAll(data, { ...table, world_size: 1 }));
  expect(found).toMatchObject({
    columns: ['source', 'row', 'id', 'y'],
    metrics: [],
    warnings: ['The data has no tensor z, which model.json names for id or truth.'],
  });
});

test('predictions without a predicted column that others have are left out, and the column is named', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors', 'galaxies.safetensors'));
  const [first, second] = await itemsOf(planned);
  await inferItem(planned, first as WorkItem);
  await putModel('models/tiny', { outputs: [{ name: 'redshift', column: 'z' }], truth: [] });
  await inferItem(
    { ...planned, run: { ...planned.run, model: { ...planned.run.model, etags: undefined } } },
    second as WorkItem,
  );
  await putModel('models/tiny');
  await summary(planned);
  const { warnings } = await summaryOf(planned);
  expect(warnings.join()).toContain('1.parquet has no column redshift_pred, which those before it have');
});
