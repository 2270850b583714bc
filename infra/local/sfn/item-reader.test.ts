import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapMachine, type StepFunctionsUnderTest, startStepFunctions } from './step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
beforeAll(async () => {
  t = await startStepFunctions();
});
afterAll(() => t.runtime.remove());

const machineOf = (Key: string, ReaderConfig: object) =>
  mapMachine({
    ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig, Parameters: { Bucket: 'starmap', Key } },
  });

test('the listing of a prefix, past a thousand keys', async () => {
  const keys = Array.from({ length: 1_005 }, (_, n) => `listed/${String(n).padStart(4, '0')}`);
  await Promise.all(keys.map((key) => t.put(key, 'x')));
  const arn = await t.start(
    mapMachine({
      ItemReader: {
        Resource: 'arn:aws:states:::s3:listObjectsV2',
        Parameters: { Bucket: 'starmap', Prefix: 'listed/' },
      },
      ItemSelector: { 'key.$': '$$.Map.Item.Value.Key', 'size.$': '$$.Map.Item.Value.Size' },
    }),
  );
  expect(await t.outputOf(arn)).toEqual(keys.map((key) => ({ key, size: 1 })));
});

test('a JSON array, at a pointer where one is given', async () => {
  await t.put('reader.json', JSON.stringify({ deep: { 'a/b': [{ n: 1 }, { n: 2 }] } }));
  expect(
    await t.outputOf(await t.start(machineOf('reader.json', { InputType: 'JSON', ItemsPointer: '/deep/a~1b' }))),
  ).toEqual([{ n: 1 }, { n: 2 }]);
});

test('JSON lines, the last without a line end', async () => {
  await t.put('reader.jsonl', '{"n":1}\n{"n":2}\r\n\n{"n":3}');
  expect(await t.outputOf(await t.start(machineOf('reader.jsonl', { InputType: 'JSONL' })))).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
});

test('CSV with its header in the first row, quoted fields and line breaks in them', async () => {
  await t.put('reader.csv', 'file,note\r\n1.npy,"a, ""b""\nc"\r\n2.npy,\r\n');
  const config = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' };
  expect(await t.outputOf(await t.start(machineOf('reader.csv', config)))).toEqual([
    { file: '1.npy', note: 'a, "b"\nc' },
    { file: '2.npy', note: '' },
  ]);
});

test('CSV with given headers and MaxItems', async () => {
  await t.put('given.csv', '1|one\n2|two\n3|three\n');
  const config = {
    InputType: 'CSV',
    CSVHeaderLocation: 'GIVEN',
    CSVHeaders: ['n', 'word'],
    CSVDelimiter: 'PIPE',
    MaxItems: 2,
  };
  expect(await t.outputOf(await t.start(machineOf('given.csv', config)))).toEqual([
    { n: '1', word: 'one' },
    { n: '2', word: 'two' },
  ]);
});

test('the objects of an S3 inventory, by its manifest', async () => {
  const rows = '"data","in%20place/1.npy","10"\n"data","in%20place/2.npy","20"\n';
  await t.put('inventory/1.csv.gz', gzipSync(rows));
  const files = [{ key: 'inventory/1.csv.gz', size: 1 }];
  const manifest = {
    destinationBucket: 'arn:aws:s3:::starmap',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, Size',
    files,
  };
  await t.put('inventory/manifest.json', JSON.stringify(manifest));
  const config = { InputType: 'MANIFEST', ManifestType: 'S3_INVENTORY' };
  expect(await t.outputOf(await t.start(machineOf('inventory/manifest.json', config)))).toEqual([
    { Bucket: 'data', Key: 'in place/1.npy', Size: '10' },
    { Bucket: 'data', Key: 'in place/2.npy', Size: '20' },
  ]);
});

test('a file that is not there or is no JSON fails with States.ItemReaderFailed', async () => {
  await t.put('broken.json', '[1,');
  for (const key of ['none.json', 'broken.json'])
    expect(await t.ended(await t.start(machineOf(key, { InputType: 'JSON' })))).toMatchObject({
      status: 'FAILED',
      error: 'States.ItemReaderFailed',
    });
});

test('an object of a listing is an item as AWS shapes it', async () => {
  const { ETag } = await t.put('shape/a b.npy', 'four');
  const reader = { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { 'Bucket.$': '$.b', Prefix: 'shape/' } };
  const [item] = (await t.outputOf(await t.start(mapMachine({ ItemReader: reader }), { b: 'starmap' }))) as object[];
  expect(item).toEqual({
    Etag: ETag,
    Key: 'shape/a b.npy',
    LastModified: expect.any(Number),
    Size: 4,
    StorageClass: 'STANDARD',
  });
  const { LastModified } = item as { LastModified: number };
  expect(Math.abs(LastModified - Date.now() / 1000)).toBeLessThan(60);
});

test('a listing of nothing is a map of nothing', async () => {
  const reader = { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { Bucket: 'starmap', Prefix: 'none/' } };
  const arn = await t.start(mapMachine({ ItemReader: reader }));
  expect(await t.outputOf(arn)).toEqual([]);
  expect(await t.mapRunOf(arn)).toMatchObject({ status: 'SUCCEEDED', itemCounts: { total: 0 } });
});

test('the members of a JSON object are items too; MaxItemsPath takes the first of them', async () => {
  await t.put('object.json', JSON.stringify({ a: 1, b: [2], c: 3 }));
  const machine = machineOf('object.json', { InputType: 'JSON', MaxItemsPath: '$.most' });
  expect(await t.outputOf(await t.start(machine, { most: 2 }))).toEqual([
    { Key: 'a', Value: 1 },
    { Key: 'b', Value: [2] },
  ]);
});

test('what is no list, at a pointer that leads nowhere or in a bucket that is not there, says so', async () => {
  await t.put('number.json', '7');
  await t.put('list.json', '[1]');
  const reader = { Resource: 'arn:aws:states:::s3:listObjectsV2', Parameters: { Bucket: 'nowhere', Prefix: '' } };
  for (const [machine, cause] of [
    [machineOf('number.json', { InputType: 'JSON' }), 's3://starmap/number.json holds no array or object'],
    [machineOf('list.json', { InputType: 'JSON', ItemsPointer: '/none' }), 'holds no array or object at /none'],
    [mapMachine({ ItemReader: reader }), 'NoSuchBucket'],
  ] as const) {
    const failed = await t.ended(await t.start(machine));
    expect(failed).toMatchObject({ error: 'States.ItemReaderFailed', cause: expect.stringContaining(cause) });
  }
});
