import { afterAll, expect, test } from 'vitest';
import type { ExecutionInfo } from '../lib/domain/execution-info.ts';
import type { WorkItem } from '../lib/domain/plan.ts';
import { context, startHandlers, testdata } from './handlers.fixture.ts';

const handlers = await startHandlers();
const {
  faults,
  chance,
  objects,
  infer,
  put,
  read,
  readJson,
  exists,
  putModel,
  newDataset,
  putDataset,
  plan,
  itemsOf,
  inferItem,
  summary,
  summaryOf,
  runAll,
  inferOne,
  predictions,
} = handlers;
afterAll(handlers.stop);

const expected = JSON.parse(new TextDecoder().decode(testdata('expected.json')));

test('a run: planned, inferred, joined; predictions, ids and truths are those of the files', async () => {
  const planned = await runAll(await putDataset('galaxies.safetensors', 'stored.npz', 'deflated.npz'));
  const { result_path: results } = planned.run;
  expect(planned.expected).toMatchObject({ items: 3, partitions: 3, samples: null });
  expect(await summaryOf(planned)).toMatchObject({
    completeness: {
      complete: true,
      found: { items: 3, partitions: 3, samples: 21 },
      missing: [],
      duplicates: [],
      foreign: [],
    },
    warnings: ['The files have different formats: safetensors, npz.'],
    rows: 21,
    columns: ['source', 'row', 'id', 'redshift_pred', 'redshift'],
  });
  const rows = await predictions(`${results}/predictions.parquet`);
  for (const [i, row] of rows.entries()) {
    const sample = i % 7;
    expect(row).toMatchObject({ row: sample, id: BigInt(expected.id[sample]), redshift: expected.redshift[sample] });
    expect(row.redshift_pred).toBeCloseTo(expected.predicted[sample], 6);
  }
  const [metrics] = (await summaryOf(planned)).metrics;
  const residuals = expected.predicted.map((p: number, i: number) => p - expected.redshift[i]);
  const mae = residuals.reduce((sum: number, e: number) => sum + Math.abs(e), 0) / 7;
  expect(metrics).toMatchObject({ column: 'redshift_pred', truth: 'redshift', n: 21, mae: expect.closeTo(mae, 6) });

  const csv = (await read(`${results}/predictions.csv`)).toString().trim().split('\n');
  expect(csv[0]).toBe('source,row,id,redshift_pred,redshift');
  expect(csv.slice(1).map((line) => line.split(',').slice(0, 3))).toEqual(
    rows.map((row) => [row.source, String(row.row), String(row.id)]),
  );
  const infos = await readJson<ExecutionInfo[]>(`${results}/combined_data.json`);
  expect(infos.map((info) => info.rank)).toEqual([0, 1, 2]);
});

test('the record of an item: the published keys, and phases that add up', async () => {
  const { run } = await inferOne('galaxies.safetensors');
  const info = await readJson<ExecutionInfo>((await run()).result_key);
  expect(info).toMatchObject({
    num_batches: 3,
    batch_size: 3,
    device: 'cpu',
    samples: 7,
    threads: 1,
    request_id: 'request-1',
  });
  expect(info.throughput_bps).toBeCloseTo(((info.bytes ?? 0) * 8) / ((info.inference_ms ?? 0) / 1000), 3);
  expect(info['execution_time (seconds/batch)']).toBeCloseTo((info.inference_ms ?? 0) / 3000, 9);
  const { init = 0, ...phases } = info.phases_ms ?? {};
  const sum = Object.values(phases).reduce((total, ms) => total + ms, 0);
  expect(sum).toBeCloseTo(info.duration_ms ?? 0, 6);
  expect(init).toBe(0);
  expect(info.s3_num_requests).toBeGreaterThanOrEqual(2);
});

test('the batch size does not change the predictions', async () => {
  for (const batch of [1, 2, 7, 500]) {
    const { run } = await inferOne('galaxies.safetensors', { batch_size: batch });
    const rows = await predictions((await run()).predictions_key);
    expect(rows.map((row) => row.row)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const [i, row] of rows.entries()) expect(row.redshift_pred).toBeCloseTo(expected.predicted[i], 6);
  }
});

test('crop, scale and offset are applied', async () => {
  await putModel('models/cropped', {}, { crop: [2, 2], scale: 2, offset: -1 });
  const { run } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/cropped' });
  const rows = await predictions((await run()).predictions_key);
  for (const [i, row] of rows.entries()) expect(row.redshift_pred).toBeCloseTo(expected.predicted_cropped[i], 5);
});

test('several files in one item: one record, one predictions file', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors', 'galaxies.safetensors', 'stored.npz'), {
    world_size: 1,
  });
  const [item] = await itemsOf(planned);
  const { result_key: key, predictions_key: file } = await inferItem(planned, item as WorkItem);
  const info = await readJson<ExecutionInfo>(key);
  expect(info).toMatchObject({ samples: 21, num_batches: 9, data_path: item?.partitions[0]?.key });
  expect(info.data_paths).toEqual(item?.partitions.map((partition) => partition.key));
  expect(new Set((await predictions(file)).map((row) => row.source)).size).toBe(3);
});

test('predictions of samples with NaN are kept, counted and left out of the metrics', async () => {
  const planned = await runAll(await putDataset('nan.safetensors'));
  const result = await summaryOf(planned);
  expect(result.warnings[0]).toContain('1 of 7 samples has a prediction that is not a number, in 1 of 1 file: ');
  expect(result.not_a_number).toMatchObject({ samples: 1, files: 1, named: [{ samples: 1 }] });
  expect(result.predicted?.[0]).toMatchObject({ column: 'redshift_pred', n: 6, not_a_number: 1, labels: null });
  expect(result.metrics[0]?.left_out).toBe(1);
  expect(result.metrics[0]?.n).toBe(6);
  expect((await read(`${planned.run.result_path}/predictions.csv`)).toString()).toContain(',NaN,');
});

test('the items of a run use the model as it was planned; one that was replaced meanwhile is not mixed in', async () => {
  await putModel('models/changing');
  const planned = (await inferOne('galaxies.safetensors', { S3_object_name: 'models/changing' })).run;
  await put('models/changing/model.onnx', new Uint8Array([...testdata('tiny.onnx'), 0x72, 0]));
  await expect(planned()).rejects.toMatchObject({
    name: 'ModelChanged',
    message: expect.stringContaining('models/changing/model.onnx: it was replaced while the run was going on'),
  });
  const { run } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/changing' });
  const first = await readJson<ExecutionInfo>((await run()).result_key);
  await put('models/changing/model.onnx', testdata('tiny.onnx'));
  const next = await inferOne('galaxies.safetensors', { S3_object_name: 'models/changing' });
  const second = await readJson<ExecutionInfo>((await next.run()).result_key);
  expect(second.model_etag).not.toBe(first.model_etag);
});

test('weights beside the graph are a part of its version', async () => {
  await putModel('models/beside', {
    onnx: 'external.onnx',
    external_data: ['external.onnx.data'],
    inputs: [{ name: 'x', tensor: 'magnitude' }],
    outputs: [{ name: 'y', column: 'y' }],
    truth: [],
  });
  await put('models/beside/external.onnx', testdata('models/external.onnx'));
  const weights = testdata('models/external.onnx.data');
  const versions: (string | undefined)[] = [];
  for (const each of [weights, weights.map((byte) => byte ^ 1), weights]) {
    await put('models/beside/external.onnx.data', each);
    const { run } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/beside' });
    versions.push((await readJson<ExecutionInfo>((await run()).result_key)).model_etag);
  }
  expect(new Set(versions)).toEqual(new Set([versions[0], versions[1]]));
  expect(versions[0]).not.toBe(versions[1]);
  expect(versions[2]).toBe(versions[0]);
});

test('where the plan tells no versions, a model that was replaced in S3 is loaded again', async () => {
  await putModel('models/latest');
  const { planned, item } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/latest' });
  const { etags: _, ...model } = planned.run.model;
  const run = () => inferItem({ ...planned, run: { ...planned.run, model } }, item);
  const first = await readJson<ExecutionInfo>((await run()).result_key);
  await put('models/latest/model.onnx', new Uint8Array([...testdata('tiny.onnx'), 0x72, 0]));
  const second = await readJson<ExecutionInfo>((await run()).result_key);
  expect(second.model_etag).not.toBe(first.model_etag);
  await put('models/latest/model.onnx', 'not a model');
  await expect(run()).rejects.toMatchObject({
    name: 'ModelInvalid',
    message: expect.stringContaining('models/latest/model.onnx'),
  });
});

test('a model package that does not fit its graph is refused', async () => {
  await putModel('models/misnamed', { outputs: [{ name: 'z', column: 'z' }], truth: [] });
  const { run } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/misnamed' });
  await expect(run()).rejects.toThrow('model.json names output z; the ONNX graph has: redshift');
});

const cut = testdata('galaxies.safetensors').subarray(0, 1_200);
test.each([
  [
    'cut short',
    cut,
    'PartitionTruncated',
    /^datasets\/d\d+\/1\.safetensors: tensor \w+ ends at byte \d+, the file at 1200/,
  ],
  [
    'no safetensors file',
    new TextEncoder().encode('<html>not found</html>'),
    'PartitionCorrupt',
    /not a safetensors file/,
  ],
  ['empty', new Uint8Array(0), 'PartitionTruncated', /the file is empty/],
  [
    'without samples',
    testdata('no-samples.safetensors'),
    'PartitionEmpty',
    /tensor image \[0, 2, 4, 4\] holds no samples/,
  ],
  ['uneven', testdata('uneven.safetensors'), 'PartitionCorrupt', /tensor image has 7 samples, redshift \[5\] has 5/],
  [
    'without a tensor',
    testdata('no-magnitude.safetensors'),
    'ModelMismatch',
    /no tensor magnitude for model input magnitude; the file has: id, image, redshift/,
  ],
  [
    'of another shape',
    testdata('three-magnitudes.safetensors'),
    'ModelMismatch',
    /tensor magnitude \[7, 3\] does not fit model input magnitude \[n, 2\]/,
  ],
])('a file %s fails with its name, and nothing is written', async (_, bytes, name, message) => {
  const { planned, run } = await inferOne(bytes);
  await expect(run()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  expect(await exists(`${planned.run.result_path}/0.json`)).toBe(false);
  expect(await exists(`${planned.run.result_path}/predictions/0.parquet`)).toBe(false);
});

test('a file of another shape fails with its name where the model is there before the file', async () => {
  await (await inferOne('galaxies.safetensors')).run();
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    // Larger than what is read of a file first, so that the rest of it is waited for.
    const samples = 20_000;
    const { run } = await inferOne(zeros({ image: [samples, 2, 1, 1], magnitude: [samples, 3], redshift: [samples] }));
    await expect(run()).rejects.toMatchObject({ name: 'ModelMismatch' });
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

/** A safetensors file of float32. */
function zeros(shapes: Record<string, number[]>): Uint8Array {
  let end = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += shape.reduce((n, d) => n * d, 4);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(end)]);
}

test('a file that vanished or was replaced after it was listed is an error', async () => {
  const replaced = await inferOne('galaxies.safetensors');
  await put(replaced.item.partitions[0]?.key as string, testdata('nan.safetensors'));
  await expect(replaced.run()).rejects.toMatchObject({ name: 'PartitionChanged' });
  const gone = await inferOne('galaxies.safetensors');
  await objects.deleteObject('starmap', gone.item.partitions[0]?.key as string);
  await expect(gone.run()).rejects.toMatchObject({ name: 'PartitionMissing' });
});

test('S3 that fails now and then is asked again; S3 that always fails is named transient', async () => {
  const { run } = await inferOne('galaxies.safetensors');
  let calls = 0;
  faults.s3 = { delayMs: 0, errorRate: 0.5 };
  try {
    // Every fourth request fails.
    chance.next = () => (calls++ % 4 === 0 ? 0 : 0.9);
    await expect(run()).resolves.toMatchObject({ samples: 7 });
    chance.next = () => 0;
    await expect(run()).rejects.toMatchObject({ name: 'TransientS3Error' });
  } finally {
    faults.s3 = undefined;
  }
});

test('Initialize pages through the listing, in natural order', async () => {
  const folder = newDataset();
  await put(`${folder}/`, '');
  for (let i = 1; i <= 1_203; i++) await put(`${folder}/${i}.npy`, 'x');
  const planned = await plan(folder, { world_size: '100' });
  expect(planned.expected).toMatchObject({ items: 100, partitions: 1_203, bytes: 1_203 });
  expect(planned.run.warnings).toEqual([]);
  const keys = (await itemsOf(planned)).flatMap((item) => item.partitions.map((partition) => partition.key));
  expect(keys).toEqual(Array.from({ length: 1_203 }, (_, i) => `${folder}/${i + 1}.npy`));
  expect((await plan(folder, { file_limit: '11' })).expected.partitions).toBe(11);
});

test('Initialize refuses what cannot work, and says why', async () => {
  const folder = await putDataset('galaxies.safetensors');
  await expect(plan('datasets')).rejects.toMatchObject({
    name: 'NoPartitions',
    message: expect.stringContaining(`set data_prefix to one of them: ${'datasets/d'}`),
  });
  await expect(plan('nowhere')).rejects.toMatchObject({
    name: 'NoPartitions',
    message: expect.stringContaining('s3://starmap/nowhere/'),
  });
  await expect(plan(folder, { S3_object_name: 'models/none' })).rejects.toMatchObject({ name: 'ModelMissing' });
  await expect(plan(folder, { data_bucket: 'no-such-bucket' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
  await expect(plan(folder, { memory_mb: 999 })).rejects.toMatchObject({ name: 'UnknownMemorySize' });
});

test('a result path in use is refused; a retry of the same execution is not', async () => {
  const folder = await putDataset('galaxies.safetensors');
  const first = await plan(folder, { result_path: 'results/mine' }, 'arn:first');
  await expect(plan(folder, { result_path: 'results/mine' }, 'arn:first')).resolves.toEqual(first);
  await expect(plan(folder, { result_path: 'results/mine' }, 'arn:second')).rejects.toMatchObject({
    name: 'ResultPathInUse',
    message: expect.stringContaining('results/mine/'),
  });
});

test('what is missing, foreign or doubled is named, and the run is not complete', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors', 'galaxies.safetensors', 'galaxies.safetensors'));
  const items = await itemsOf(planned);
  const { result_path: results } = planned.run;
  await inferItem(planned, items[0] as WorkItem);
  // Another execution has written over the result of item 1, and someone has left files.
  await infer({ ...items[1], run: { ...planned.run, execution_arn: 'arn:other' } }, context);
  await put(`${results}/00.json`, '{}');
  await put(`${results}/notes.txt`, 'hello');
  expect(await summary(planned)).toMatchObject({ complete: false, rows: 7 });
  const { completeness, warnings } = await summaryOf(planned);
  expect(completeness).toMatchObject({
    complete: false,
    found: { items: 1, samples: 7 },
    missing: [1, 2].map((rank) => ({ rank, key: items[rank]?.partitions[0]?.key })),
    duplicates: [`${results}/00.json`],
    foreign: [`${results}/notes.txt`, `${results}/1.json`],
  });
  expect(warnings).toContainEqual(`${results}/1.json was left out: another execution has written it.`);
});

test('after a failed map the rest is joined, and the failed file is named with its reason', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors', cut));
  const [good, bad] = await itemsOf(planned);
  await inferItem(planned, good as WorkItem);
  const error = await inferItem(planned, bad as WorkItem).catch((thrown: Error) => thrown);
  const { name: errorType, message: errorMessage } = error as Error;
  await put(
    `${planned.run.map_prefix}/6d8b0a3e/FAILED_0.json`,
    JSON.stringify([
      {
        Status: 'FAILED',
        Error: errorType,
        Cause: JSON.stringify({ errorType, errorMessage, trace: [] }),
        Input: JSON.stringify({ ...bad, run: planned.run }),
      },
    ]),
  );
  const result = await summary(planned, { Error: 'States.ExceedToleratedFailureThreshold', Cause: 'threshold' });
  expect(result).toMatchObject({ complete: false, rows: 7, failure: { Error: 'PartitionsFailed' } });
  expect(result.failure?.Cause).toMatch(
    /^1 of 2 items failed\. datasets\/d\d+\/2\.safetensors: PartitionTruncated: tensor \w+ ends at byte/,
  );
});

test('a run of which nothing was written is summarized as such', async () => {
  const planned = await plan(await putDataset('galaxies.safetensors'));
  expect(await summary(planned)).toMatchObject({ complete: false, rows: 0 });
  expect(await readJson(`${planned.run.result_path}/combined_data.json`)).toEqual([]);
  expect(await summaryOf(planned)).toMatchObject({ files: { predictions_csv: null }, metrics: [] });
});
