import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { maybeReadText, putObject } from '../aws/objects.ts';
import type { PartitionRequest } from '../domain/partition-job.ts';
import type { WriteOption } from '../domain/partition-message.ts';
import { formats, keysBelow, numbersOf, request, split, startSplits } from './partition-dataset.fixture.ts';
import { partitionDataset } from './partition-dataset.ts';

const { folder, stop } = await startSplits();
afterAll(stop);

describe('what cannot be split is refused, with file, tensor and remedy', () => {
  const data = path.resolve('lambdas/testdata');
  const size = (sizeBytes: number) => ({ cut: { sizeBytes, text: `${sizeBytes}B` } });
  test.each<[string, string, Partial<PartitionRequest>, RegExp]>([
    ['nothing there', `${data}/none.npz`, {}, /none\.npz: there is no such file or folder/],
    ['an unknown format', `${data}/tiny.onnx`, {}, /tiny\.onnx: not a data file; these are read: \.safetensors/],
    ['no samples', `${data}/no-samples.safetensors`, {}, /no-samples\.safetensors: there are no samples in it/],
    ['no rows', `${formats}/no-rows.parquet`, {}, /no samples|0 rows/],
    [
      'tensors of different lengths',
      `${data}/uneven.safetensors`,
      {},
      /uneven\.safetensors: tensor redshift is \[5\], .* is \[7.*--tensors/,
    ],
    [
      'a tensor that is not there',
      `${data}/stored.npz`,
      { tensors: ['flux'] },
      /there is no tensor flux; it has image/,
    ],
    [
      'what only Python can read',
      `${data}/mixed-order.npz`,
      {},
      /mixed-order\.npz: tensor object: an array of Python objects.*--tensors image/,
    ],
    [
      'nothing that can be read',
      `${formats}/compressed.fits`,
      {},
      /compressed\.fits: tensor SKY: extension 1 is an image compressed in tiles .*getdata\("compressed\.fits", 1\)\)$/,
    ],
    ['a sample larger than the size', `${data}/stored.npz`, size(100), /one sample \(image float32 .*larger size/],
    ['less data than the size', `${data}/stored.npz`, size(1e9), /less than one partition.*--samples 7/],
    [
      'a wrong format for many tensors',
      `${data}/stored.npz`,
      { format: 'npy' },
      /holds one tensor; name one in --tensors/,
    ],
    [
      'a folder without data',
      path.resolve('lambdas/models'),
      {},
      /lambdas\/models: there is no data file in it; it holds folders, give one of them: .*photoz/,
    ],
  ])('%s', async (_, source, changes, message) => {
    const result = await partitionDataset(request(source, 'refused', changes));
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(message) });
    expect(await maybeReadText('starmap', 'datasets/refused/dataset.json')).toBeUndefined();
  });

  test.each<[string, Partial<PartitionRequest>, string]>([
    ['uneven.safetensors', {}, 'keep to id,image,magnitude in "tensors"'],
    ['stored.npz', { format: 'npy' }, 'name one in "tensors", or choose npz in "format"'],
    ['stored.npz', size(1e9), 'with 1000000000B in "size"; choose a smaller size, or 7 in "samples" for one partition'],
  ])('%s is refused on a page in the words of the page', async (file, changes, words) => {
    const writeOption: WriteOption = (name, value) => (value ? `${value} in "${name}"` : `"${name}"`);
    const result = await partitionDataset(request(`${data}/${file}`, 'refused', changes), { writeOption });
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(words) });
    expect(Object.values(result.ok ? {} : result.fieldErrors)).toEqual([expect.stringContaining(words)]);
  });

  test('files with different tensors in a folder', async () => {
    const dir = path.join(folder, 'mixed');
    mkdirSync(dir);
    copyFileSync(`${data}/galaxies.safetensors`, path.join(dir, '1.safetensors'));
    copyFileSync(`${data}/three-magnitudes.safetensors`, path.join(dir, '2.safetensors'));
    const result = await partitionDataset(request(dir, 'mixed'));
    const words = /2\.safetensors: tensor magnitude is float32 \[n, 3\], in .*1\.safetensors it is float32 \[n, 2\]/;
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(words) });
  });

  test('integers that would be rounded, since other files have floats', async () => {
    const dir = path.join(folder, 'rounded');
    mkdirSync(dir);
    copyFileSync(`${formats}/snappy.parquet`, path.join(dir, '1.parquet'));
    copyFileSync(`${formats}/ids-missing.parquet`, path.join(dir, '2.parquet'));
    const result = await partitionDataset(request(dir, 'rounded', { tensors: ['id'] }));
    const words =
      /1\.parquet: tensor id: row 0 holds 1237648720693755918, which would be rounded: the tensor is float64 in other files/;
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(words) });
  });

  test('integers of CSV that would be rounded, since some are missing', async () => {
    const dir = path.join(folder, 'rounded-csv');
    mkdirSync(dir);
    writeFileSync(path.join(dir, '1.csv'), 'id,x\n1,1\n,2\n');
    writeFileSync(path.join(dir, '2.csv'), 'id,x\n3,1\n9007199254740993,2\n');
    const result = await partitionDataset(request(dir, 'rounded-csv', { format: 'parquet' }));
    const words = /2\.csv: column id: row 1 holds 9007199254740993, which would be rounded: .*--tensors/;
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(words) });
    const { manifest } = await split(dir, 'rounded-csv', { format: 'parquet', tensors: ['x'] });
    expect(await numbersOf('rounded-csv', manifest)).toEqual({ x: ['1', '2', '1', '2'] });
  });

  test('a folder in which a name leads to nothing', async () => {
    const dir = path.join(folder, 'dangling');
    mkdirSync(dir);
    symlinkSync('/nowhere/1.npz', path.join(dir, '1.npz'));
    const result = await partitionDataset(request(dir, 'dangling'));
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(/1\.npz: there is no such file/) });
  });

  test('a place that holds other things', async () => {
    await putObject('starmap', 'datasets/thesis/thesis.tex', 'years of work');
    const result = await partitionDataset(request(`${data}/stored.npz`, 'thesis', { overwrite: true }));
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('thesis.tex') });
    expect(await maybeReadText('starmap', 'datasets/thesis/thesis.tex')).toBe('years of work');
  });

  test.each([false, true])('what is split itself, with or without leave to replace it (%s)', async (overwrite) => {
    const bytes = readFileSync(`${data}/stored.npz`);
    await putObject('starmap', 'datasets/itself/1.npz', bytes);
    const source = { bucket: 'starmap', key: 'datasets/itself/' };
    const result = await partitionDataset(request('', 'itself', { source, overwrite }));
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('is what is to be split') });
    expect(await keysBelow('datasets/itself')).toEqual(['1.npz']);
  });

  test('a dataset without dataset.json, until it may be replaced', async () => {
    for (const file of ['1.npz', '2.npz']) await putObject('starmap', `datasets/by-hand/${file}`, 'x');
    const refused = await partitionDataset(request(`${data}/stored.npz`, 'by-hand'));
    expect(refused).toMatchObject({ ok: false, message: expect.stringMatching(/already holds 2 files.*--overwrite/) });
    expect(await maybeReadText('starmap', 'datasets/by-hand/1.npz')).toBe('x');
    expect((await split(`${data}/stored.npz`, 'by-hand', { overwrite: true })).manifest.samples).toBe(7);
  });

  test('a dataset that is there, until it may be replaced', async () => {
    await split(`${data}/stored.npz`, 'again');
    expect((await split(`${data}/stored.npz`, 'again')).report).toMatchObject({ written: 0, partitions: 3 });
    const other = { cut: { samples: 4 } };
    const refused = await partitionDataset(request(`${data}/stored.npz`, 'again', other));
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining('already holds a dataset') });
    const { manifest } = await split(`${data}/stored.npz`, 'again', { ...other, overwrite: true });
    expect(manifest.partitions.map(({ samples }) => samples)).toEqual([4, 3]);
    expect(await keysBelow('datasets/again')).toEqual(['1.npz', '2.npz', 'dataset.json']);
  });
});
