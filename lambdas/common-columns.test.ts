import { afterAll, expect, test } from 'vitest';
import type { WorkItem } from '../lib/domain/plan.ts';
import { commonColumns, widen } from './common-columns.ts';
import { startHandlers, testdata } from './handlers.fixture.ts';
import type { ColumnType } from './parquet-columns.ts';

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
  expect(commonColumns(columns(a), columns(b))).toEqual(expected);
  expect(commonColumns(columns(b), columns(a))).toEqual(expected);
});

test('values are the same in a wider column', () => {
  const id = 9007199254740993n;
  expect(widen(BigInt64Array.of(id), 'INT64', 'STRING')).toEqual([String(id)]);
  expect(widen(Int32Array.of(-1), 'INT32', 'INT64')).toEqual(BigInt64Array.of(-1n));
  expect(widen(Float32Array.of(0.5, Number.NaN), 'FLOAT', 'DOUBLE')).toEqual(Float64Array.of(0.5, Number.NaN));
});

test.each(['an item for each', 'one item for all'])(
  'files whose columns have other types are joined, ids as they are and truths as numbers: %s',
  async (items) => {
    const folder = 'models/columns';
    await put(`${folder}/model.onnx`, testdata('models/divides.onnx'));
    const manifest = { version: 1, name: 'columns', onnx: 'model.onnx', id: 'name' };
    const [inputs, outputs] = [[{ name: 'x', tensor: 'x' }], [{ name: 'y', column: 'y' }]];
    const truth = [{ column: 'y', tensor: 'z' }];
    await put(`${folder}/model.json`, JSON.stringify({ ...manifest, inputs, outputs, truth }));
    const data = newDataset();
    const files = ['9007199254740993,1,3', 'NGC 1300,2,0.5', '7,4,', '8,5,\n9,5,2'];
    for (const [i, rows] of files.entries()) await put(`${data}/${i + 1}.csv`, `name,x,z\n${rows}\n`);
    const size = items === 'one item for all' ? { world_size: 1 } : {};
    const planned = await runAll(data, { S3_object_name: folder, ...size });
    expect(await summaryOf(planned)).toMatchObject({
      completeness: { complete: true, expected: { items: items === 'one item for all' ? 1 : 4 } },
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

test('a file of an item without a column that its first file has is named, with the column', async () => {
  const data = newDataset();
  await put(`${data}/1.csv`, 'name,x,z\n1,1,3\n');
  await put(`${data}/2.csv`, 'name,x\n2,1\n');
  const planned = await plan(data, { S3_object_name: 'models/columns', world_size: 1 });
  const [item] = await itemsOf(planned);
  await expect(inferItem(planned, item as WorkItem)).rejects.toThrow(
    /2\.csv has no column z, which those before it have/,
  );
});

test('a file without a column that others have is left out, and the column is named', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors', 'galaxies.safetensors'));
  const [first, second] = await itemsOf(planned);
  await inferItem(planned, first as WorkItem);
  await putModel('models/tiny', { truth: [] });
  await inferItem(
    { ...planned, run: { ...planned.run, model: { ...planned.run.model, etags: undefined } } },
    second as WorkItem,
  );
  await putModel('models/tiny');
  await summary(planned);
  const { warnings } = await summaryOf(planned);
  expect(warnings.join()).toContain('1.parquet has no column redshift, which those before it have');
});
