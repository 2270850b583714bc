import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bytesSource, joined } from '../../lambdas/formats/bytes-source.ts';
import { openPartition } from '../../lambdas/formats/open-partition.ts';
import type { PartitionTensor } from '../../lambdas/formats/partition.ts';
import { textRows } from '../../lambdas/inference/tensor-data.ts';
import { maybeReadText, putObject, readObject } from '../aws/objects.ts';
import { formats, numbersIn, numbersOf, request, split, startSplits } from './partition-dataset.fixture.ts';
import { partitionDataset } from './partition-dataset.ts';

const { folder, bigFile, stop } = await startSplits();
afterAll(stop);

describe('every format, as its own library wrote it', () => {
  test.each([
    ['galaxies.safetensors', 'safetensors'],
    ['stored.npz', 'npz'],
    ['deflated.npz', 'npz'],
    ['zip64.npz', 'npz'],
    ['dataset.pt', 'safetensors'],
    ['dict.pth', 'safetensors'],
    ['strided.pt', 'safetensors'],
    ['big-endian.pt', 'safetensors'],
    ['galaxies.h5', 'safetensors'],
    ['chunked.hdf5', 'safetensors'],
    ['galaxies.fits', 'safetensors'],
    ['survey.fits', 'safetensors'],
    ['plain.parquet', 'parquet'],
    ['zstd-v2.parquet', 'parquet'],
    ['wide.parquet', 'parquet'],
    ['plain.csv', 'csv'],
  ])('%s becomes 1.%s …, with the same rows in the same order', async (file, extension) => {
    const name = file.replace('.', '-');
    const { manifest, report } = await split(path.join(formats, file), name, { verify: true });
    const source = await numbersIn(file, new Uint8Array(readFileSync(path.join(formats, file))));
    expect(await numbersOf(name, manifest)).toEqual(source);
    const { partitions, samples } = manifest;
    expect(partitions.map((partition) => partition.file)).toEqual(partitions.map((_, i) => `${i + 1}.${extension}`));
    expect(partitions.slice(0, -1).every((partition) => partition.samples === 3)).toBe(true);
    expect(partitions.reduce((sum, partition) => sum + partition.samples, 0)).toBe(samples);
    expect(report.verified).toBe(partitions.length);
  });

  test.each([
    ['plain.csv', 'parquet'],
    ['plain.csv', 'npz'],
    ['plain.parquet', 'safetensors'],
    ['types.parquet', 'npz'],
    ['types.parquet', 'parquet'],
    ['types.pt', 'safetensors'],
  ] as const)('%s is written as %s when asked for', async (file, format) => {
    const name = `${file}-as-${format}`;
    const bytes = new Uint8Array(readFileSync(path.join(formats, file)));
    const { tensors } = await openPartition(bytesSource(file, bytes));
    const odd = /^(shifted|list_gaps|no_list)$/;
    const only = [...tensors.values()].flatMap(({ name, dtype }) => (dtype === 'text' || odd.test(name) ? [] : [name]));
    const { manifest } = await split(path.join(formats, file), name, { format, tensors: only });
    expect(await numbersOf(name, manifest)).toEqual(await numbersIn(file, bytes, only));
  });

  test.each([
    ['many-texts.npz', 'npz'],
    ['many-texts.npz', 'parquet'],
    ['names.csv', 'npz'],
  ] as const)('texts of %s are the same as %s', async (file, format) => {
    writeFileSync(
      path.join(folder, 'names.csv'),
      `name,x\n${Array.from({ length: 3_000 }, (_, i) => `galaxy ${i},1\n`).join('')}`,
    );
    const source = file === 'names.csv' ? path.join(folder, file) : path.resolve('lambdas/testdata', file);
    const name = `texts-${file}-${format}`;
    const { manifest } = await split(source, name, { format, cut: { samples: 1_500 } });
    const texts: string[] = [];
    for (const part of manifest.partitions) {
      const bytes = new Uint8Array(await readObject('starmap', `datasets/${name}/${part.file}`));
      const { tensors } = await openPartition(bytesSource(part.file, bytes, 1_001));
      texts.push(...textRows(await joined((tensors.get('name') as PartitionTensor).bytes()), 1_500));
    }
    expect(texts).toEqual(Array.from({ length: 3_000 }, (_, i) => `galaxy ${i}`));
  });

  test('many columns are taken from a file that holds others of another length', async () => {
    const file = path.join(formats, 'survey.h5');
    const bytes = new Uint8Array(readFileSync(file));
    const tensors = Array.from({ length: 18 }, (_, i) => `photo/c${String(i).padStart(2, '0')}`);
    const { manifest } = await split(file, 'survey', { tensors });
    expect(await numbersOf('survey', manifest)).toEqual(await numbersIn(file, bytes, tensors));
  });

  test('CSV with zeros before numbers: they are kept in CSV, and it is said that other formats lose them', async () => {
    const source = path.join(folder, 'padded.csv');
    writeFileSync(source, 'id,x\n00123,1\n00007,2\n00009,2\n00010,2\n');
    const { report, manifest } = await split(source, 'padded', { format: 'npz' });
    expect((await numbersOf('padded', manifest)).id).toEqual(['123', '7', '9', '10']);
    expect(report.notes).toContainEqual(expect.stringMatching(/^Zeros .* lost in column id: keep to CSV/));
    expect((await split(source, 'padded-csv')).report.notes).toEqual([]);
    const { report: without } = await split(source, 'unpadded', { format: 'npz', tensors: ['x'] });
    expect(without.notes.join()).not.toContain('Zeros');
  });

  test.each(['parquet', 'npz', 'safetensors'] as const)(
    'integers of which some files miss some are floats in all partitions, as %s',
    async (format) => {
      const dir = path.join(folder, `missing-${format}`);
      mkdirSync(dir);
      for (const [i, name] of ['whole', 'missing', 'whole'].entries())
        copyFileSync(`${formats}/${name}.parquet`, path.join(dir, `${i + 1}.parquet`));
      const tensors = ['late', 'flag', 'lists'];
      const { manifest } = await split(dir, `missing-${format}`, { format, tensors });
      expect(manifest.tensors.map(({ dtype }) => dtype)).toEqual(['float64', 'float64', 'float64']);
      expect(await numbersOf(`missing-${format}`, manifest)).toEqual({
        late: ['1', '2', '3', '4', '1', '2', '3', 'NaN', '1', '2', '3', '4'],
        flag: ['1', '0', '0', '1', '1', 'NaN', '0', '1', '1', '0', '0', '1'],
        lists: ['0,1,2,3,4,5,6,7', '1,NaN,2,3,4,5,6,7', '0,1,2,3,4,5,6,7'].join().split(','),
      });
    },
  );

  test('parquet of many pages and row groups', async () => {
    const source = bigFile('rows.safetensors', 2_500);
    const { manifest } = await split(source, 'rows', { format: 'parquet', cut: { sizeBytes: 6e6, text: '6MB' } });
    const { image } = await numbersOf('rows', manifest);
    expect(image).toHaveLength(2_500 * 1024);
    expect(image?.findIndex((value, i) => value !== String(i))).toBe(-1);
    expect(manifest.partitions.map(({ samples }) => samples)).toEqual([1_420, 1_080]);
    expect(Math.max(...manifest.partitions.map(({ bytes }) => bytes))).toBeLessThanOrEqual(6e6);
  });

  test('the lines of CSV are copied as they are, quotes and all', async () => {
    const file = path.join(folder, 'quotes.csv');
    const lines = ['id,name', '1,"a ""galaxy"", blue"', '2,"two\nlines"', '3,0.10000000000000000001'];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { manifest } = await split(file, 'quotes', { cut: { samples: 2 } });
    const text = async (n: number) => (await maybeReadText('starmap', `datasets/quotes/${n}.csv`)) ?? '';
    expect([await text(1), await text(2)]).toEqual([`${lines.slice(0, 3).join('\n')}\n`, `${lines[0]}\n${lines[3]}\n`]);
    expect(manifest.tensors).toEqual([
      { name: 'id', dtype: 'int64', shape: [] },
      { name: 'name', dtype: 'text', shape: [] },
    ]);
  });
});

describe('where it is cut', () => {
  test.each([
    ['safetensors', 'galaxies.safetensors'],
    ['npz', 'stored.npz'],
    ['csv', 'plain.csv'],
  ])('%s: as many samples as the size holds, to the byte', async (name, file) => {
    const sizeBytes = 1_300;
    const { manifest } = await split(path.join(formats, file), `cut-${name}`, { cut: { sizeBytes, text: '1.3kB' } });
    expect(manifest).toMatchObject({ partition_size_bytes: sizeBytes, made_by: { cut: '1.3kB (1300 bytes)' } });
    expect(manifest.partitions.length).toBeGreaterThan(1);
    for (const { file: part, bytes, samples } of manifest.partitions) {
      expect(bytes).toBeLessThanOrEqual(sizeBytes);
      expect(await readObject('starmap', `datasets/cut-${name}/${part}`)).toHaveLength(bytes);
      // One more would not have fitted: a sample is about 200 bytes and never as much as the space left.
      if (part !== manifest.partitions.at(-1)?.file) expect(bytes + bytes / samples).toBeGreaterThan(sizeBytes * 0.8);
    }
  });

  test('texts that are longer in some rows than in others: no parquet is larger than the size', async () => {
    const source = path.join(folder, 'skewed.csv');
    const rows = Array.from({ length: 6_000 }, (_, i) => `${i},${i < 1_000 ? 'x'.repeat(128) : 'y'}`);
    writeFileSync(source, `id,name\n${rows.join('\n')}\n`);
    const cut = { sizeBytes: 100_000, text: '100kB' };
    const { manifest } = await split(source, 'skewed', { format: 'parquet', cut, verify: true });
    const bytes = manifest.partitions.map((partition) => partition.bytes);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(100_000);
    expect(Math.max(...bytes)).toBeGreaterThan(90_000);
  });

  test('files of a folder follow each other in natural order; partitions reach over their borders', async () => {
    const dir = path.join(folder, 'many');
    mkdirSync(dir);
    for (const n of [2, 1, 10]) copyFileSync(path.join(formats, 'deflated.npz'), path.join(dir, `${n}.npz`));
    writeFileSync(path.join(dir, 'README.txt'), 'not data');
    mkdirSync(path.join(dir, 'deeper'));
    const { manifest, report } = await split(dir, 'many', { cut: { samples: 4 } });
    expect(report.notes).toEqual([expect.stringMatching(/not those of the folders in it: deeper\.$/)]);
    const once = await numbersIn('x.npz', new Uint8Array(readFileSync(path.join(formats, 'deflated.npz'))));
    const thrice = Object.entries(once).map(([name, values]) => [name, [...values, ...values, ...values]]);
    expect(await numbersOf('many', manifest)).toEqual(Object.fromEntries(thrice));
  });

  test('from an object in S3, and from a folder there', async () => {
    const bytes = readFileSync(path.join(formats, 'stored.npz'));
    for (const n of [1, 2, 'deeper/3']) await putObject('starmap', `incoming/${n}.npz`, bytes);
    const one = await split('', 'from-object', { source: { bucket: 'starmap', key: 'incoming/1.npz' } });
    const two = await split('', 'from-folder', { source: { bucket: 'starmap', key: 'incoming/' } });
    expect(two.manifest.samples).toBe(2 * one.manifest.samples);
    expect(two.report.notes).toEqual([expect.stringMatching(/not those of the folders in it: deeper\.$/)]);
    expect(await numbersOf('from-object', one.manifest)).toEqual(await numbersIn('x.npz', new Uint8Array(bytes)));
  });
});

test('a folder that was made in the S3 console is a free place', async () => {
  await putObject('starmap', 'datasets/console/', '');
  expect((await split(path.join(formats, 'stored.npz'), 'console')).report.written).toBeGreaterThan(0);
});

test('verifying finds one byte that is not as it was written, a file too many, and a sum in dataset.json that is wrong', async () => {
  const source = path.join(formats, 'deflated.npz');
  const verify = { source: null, cut: null, verify: true };
  const { manifest } = await split(source, 'verified');
  const check = () => partitionDataset(request('', 'verified', verify));
  expect(await check()).toMatchObject({ ok: true, value: { verified: manifest.partitions.length } });

  const bytes = new Uint8Array(await readObject('starmap', 'datasets/verified/2.npz'));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await putObject('starmap', 'datasets/verified/2.npz', bytes);
  await putObject('starmap', 'datasets/verified/99.npz', bytes);
  const edited = { ...manifest, samples: manifest.samples + 1 };
  await putObject('starmap', 'datasets/verified/dataset.json', JSON.stringify(edited));
  const files = '2\\.npz: its checksum is .* was written; 99\\.npz is there, but .*';
  const words = new RegExp(
    `damaged: ${files}; dataset\\.json tells of ${edited.samples} samples, its files of \\d+\\.`,
  );
  expect(await check()).toMatchObject({ ok: false, message: expect.stringMatching(words) });
});
