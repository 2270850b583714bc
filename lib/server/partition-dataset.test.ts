import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { bytesSource, joined } from '../../lambdas/formats/bytes-source.ts';
import { openPartition } from '../../lambdas/formats/open-partition.ts';
import type { PartitionTensor } from '../../lambdas/formats/partition.ts';
import { textRows, toNumbers } from '../../lambdas/inference/tensor-data.ts';
import { childEnvironment } from '../aws/child-environment.ts';
import { listObjects, maybeReadText, putObject, readObject } from '../aws/objects.ts';
import { type DatasetManifest, datasetManifest } from '../domain/dataset.ts';
import { PARTITION_STATE, type PartitionRequest, partitionState } from '../domain/partition-job.ts';
import { asFlag, inWords, type WriteOption } from '../domain/partition-message.ts';
import { layoutSafetensors } from '../domain/safetensors.ts';
import { discardUnfinished } from './delete-dataset.ts';
import { launchExperiment } from './launch.ts';
import { listDatasets } from './list-datasets.ts';
import { listUnfinished } from './list-unfinished.ts';
import { partitionDataset } from './partition-dataset.ts';

const formats = path.resolve('lambdas/testdata/formats');
let runtime: RuntimeProcess;
let folder: string;

beforeAll(async () => {
  runtime = await startRuntimeProcess();
  vi.stubEnv('STARMAP_HOME', runtime.home);
  folder = mkdtempSync(path.join(tmpdir(), 'starmap-partition-test-'));
}, 30_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await runtime.remove();
  rmSync(folder, { recursive: true, force: true });
});

const request = (source: string, name: string, changes: Partial<PartitionRequest> = {}): PartitionRequest => ({
  source: { path: source },
  bucket: 'starmap',
  prefix: `datasets/${name}`,
  cut: { samples: 3 },
  format: null,
  tensors: null,
  overwrite: false,
  verify: false,
  ...changes,
});

async function split(source: string, name: string, changes: Partial<PartitionRequest> = {}) {
  const result = await partitionDataset(request(source, name, changes));
  if (!result.ok) throw new Error(result.message);
  if (result.value.state !== 'done') throw new Error('it was stopped');
  return { report: result.value, manifest: await manifestOf(name) };
}

async function manifestOf(name: string): Promise<DatasetManifest> {
  return datasetManifest.parse(JSON.parse((await maybeReadText('starmap', `datasets/${name}/dataset.json`)) ?? 'null'));
}

/** All numbers of each tensor of a file, or of those that are named. */
async function numbersIn(file: string, bytes: Uint8Array, only?: string[]): Promise<Record<string, string[]>> {
  const { tensors } = await openPartition(bytesSource(file, bytes, 1_001));
  const all: Record<string, string[]> = {};
  for (const tensor of tensors.values()) {
    if (only && !only.includes(tensor.name)) continue;
    const numbers = toNumbers(tensor, await joined(tensor.bytes()));
    all[tensor.name] = Array.from(numbers as ArrayLike<number | bigint>, String);
  }
  return all;
}

/** Those of all partitions, one after another. */
async function numbersOf(name: string, { partitions }: DatasetManifest): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { file } of partitions) {
    const numbers = await numbersIn(file, new Uint8Array(await readObject('starmap', `datasets/${name}/${file}`)));
    for (const [tensor, values] of Object.entries(numbers)) all[tensor] = [...(all[tensor] ?? []), ...values];
  }
  return all;
}

/** A safetensors file with rows of 1,024 floats, none like another. */
function bigFile(name: string, samples: number): string {
  const { header } = layoutSafetensors([{ name: 'image', dtype: 'F32', shape: [samples, 1024] }]);
  const file = path.join(folder, name);
  writeFileSync(file, header);
  const rows = new Float32Array(1024 * 1000);
  for (let first = 0; first < samples; first += 1000) {
    const count = Math.min(1000, samples - first);
    for (let i = 0; i < count * 1024; i++) rows[i] = first * 1024 + i;
    appendFileSync(file, new Uint8Array(rows.buffer, 0, count * 4096));
  }
  return file;
}

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

  test('files of a folder follow each other in natural order; partitions reach over their borders', async () => {
    const dir = path.join(folder, 'many');
    mkdirSync(dir);
    for (const n of [2, 1, 10]) copyFileSync(path.join(formats, 'deflated.npz'), path.join(dir, `${n}.npz`));
    writeFileSync(path.join(dir, 'README.txt'), 'not data');
    const { manifest } = await split(dir, 'many', { cut: { samples: 4 } });
    const once = await numbersIn('x.npz', new Uint8Array(readFileSync(path.join(formats, 'deflated.npz'))));
    const thrice = Object.entries(once).map(([name, values]) => [name, [...values, ...values, ...values]]);
    expect(await numbersOf('many', manifest)).toEqual(Object.fromEntries(thrice));
  });

  test('from an object in S3, and from a folder there', async () => {
    const bytes = readFileSync(path.join(formats, 'stored.npz'));
    for (const n of [1, 2]) await putObject('starmap', `incoming/${n}.npz`, bytes);
    const one = await split('', 'from-object', { source: { bucket: 'starmap', key: 'incoming/1.npz' } });
    const two = await split('', 'from-folder', { source: { bucket: 'starmap', key: 'incoming/' } });
    expect(two.manifest.samples).toBe(2 * one.manifest.samples);
    expect(await numbersOf('from-object', one.manifest)).toEqual(await numbersIn('x.npz', new Uint8Array(bytes)));
  });
});

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
    ['a folder without data', path.resolve('lambdas/models'), {}, /lambdas\/models: there is no data file in it/],
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

  test('a place that holds other things', async () => {
    await putObject('starmap', 'datasets/thesis/thesis.tex', 'years of work');
    const result = await partitionDataset(request(`${data}/stored.npz`, 'thesis', { overwrite: true }));
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining('thesis.tex') });
    expect(await maybeReadText('starmap', 'datasets/thesis/thesis.tex')).toBe('years of work');
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

describe('interrupted', () => {
  /** Starts it and kills its process, as the kernel would, when some partitions are there and known to be. */
  async function killed(what: PartitionRequest): Promise<void> {
    const child = spawn(process.execPath, ['lambdas/partition/main.ts', JSON.stringify(what)], {
      env: (await childEnvironment()) as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // What is done is saved now and then: only what is saved can be continued.
    const savedCount = async () => {
      const state = await maybeReadText(what.bucket, `${what.prefix}/${PARTITION_STATE}`);
      return state === undefined ? 0 : partitionState.parse(JSON.parse(state)).done.length;
    };
    createInterface({ input: child.stdout }).on('line', async () => {
      if ((await savedCount()) >= 2) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  }

  test('killed: it does not look like a dataset; the same again writes only what is missing', async () => {
    const source = bigFile('big.safetensors', 20_000);
    const cut = { sizeBytes: 1e6, text: '1MB' };
    await killed(request(source, 'killed', { cut }));
    expect((await listDatasets()).map(({ name }) => name)).not.toContain('killed');
    expect(await listUnfinished()).toContainEqual(
      expect.objectContaining({ id: 'starmap/datasets/killed', problem: null, partitions: 82 }),
    );
    const launched = await launchExperiment({
      name: 'Too early',
      datasets: ['starmap/datasets/killed'],
      dataSizesBytes: [null],
      batchSizes: [16],
      model: 'starmap/models/photoz',
      memoriesMb: [2048],
      maxConcurrency: 1,
      repeats: 1,
    });
    expect(launched).toMatchObject({
      ok: false,
      fieldErrors: { datasets: expect.stringMatching(/killed is not finished: \d+ of \d+ partitions are there/) },
    });

    const other = await partitionDataset(request(source, 'killed', { cut: { samples: 100 } }));
    expect(other).toMatchObject({
      ok: false,
      message: expect.stringMatching(/unfinished dataset, begun with --size 1MB/),
    });

    const { report, manifest } = await split(source, 'killed', { cut, verify: true });
    expect(report.written).toBeLessThan(report.partitions - 1);
    expect(report.verified).toBe(report.partitions);
    const whole = await split(source, 'not-killed', { cut });
    expect(manifest.partitions).toEqual(whole.manifest.partitions);
    expect((await listDatasets()).map(({ name }) => name)).toContain('killed');
  });

  test('stopped, then the source changes: it is not continued', async () => {
    const source = bigFile('changing.safetensors', 20_000);
    const cut = { sizeBytes: 1e6, text: '1MB' };
    const stop = new AbortController();
    const watch = {
      signal: stop.signal,
      onProgress: ({ partitionsDone }: { partitionsDone: number }) => partitionsDone >= 3 && stop.abort(),
    };
    const stopped = await partitionDataset(request(source, 'changing', { cut }), watch);
    expect(stopped).toMatchObject({ ok: true, value: { state: 'stopped', partitions: 82 } });
    expect(await listUnfinished()).toContainEqual(
      expect.objectContaining({ id: 'starmap/datasets/changing', problem: null }),
    );
    bigFile('changing.safetensors', 20_001);
    const again = await partitionDataset(request(source, 'changing', { cut }));
    const words = /changing\.safetensors has changed since .* begin anew with --overwrite/;
    expect(again).toMatchObject({ ok: false, message: expect.stringMatching(words) });
    expect((await split(source, 'changing', { cut, overwrite: true })).manifest.samples).toBe(20_001);
  });
});

describe('failed', () => {
  test('it says why for as long as it is unfinished, and is whole when it was continued', async () => {
    const source = bigFile('touched.safetensors', 20_000);
    const cut = { sizeBytes: 1e6, text: '1MB' };
    const touch = ({ partitionsDone }: { partitionsDone: number }) => {
      if (partitionsDone > 0) utimesSync(source, 1, 1);
    };
    expect(await partitionDataset(request(source, 'touched', { cut }), { onProgress: touch })).toMatchObject({
      ok: false,
    });
    const [listed] = (await listUnfinished()).filter(({ id }) => id === 'starmap/datasets/touched');
    expect(listed).toMatchObject({ partitions: 82, form: { source } });
    expect(inWords(listed?.problem ?? [], asFlag)).toMatch(/changed while it was split; begin anew with --overwrite$/);
    await split(source, 'touched', { cut, overwrite: true });
    expect((await listUnfinished()).map(({ id }) => id)).not.toContain('starmap/datasets/touched');
  });

  test('it is discarded with all that was written, and with nothing else', async () => {
    const at = 'datasets/half';
    const state = { version: 1, asked: '/x.npz', source: [], cut: { samples: 3 }, tensors: null, wanted: null };
    const text = JSON.stringify({ ...state, format: 'npz', partitions: 3, done: [], problem: ['the disk is full'] });
    for (const file of ['1.npz', '2.npz', 'notes.txt', 'deeper/1.npz'])
      await putObject('starmap', `${at}/${file}`, 'x');
    await putObject('starmap', `${at}/${PARTITION_STATE}`, text);
    const [listed] = (await listUnfinished()).filter(({ id }) => id === `starmap/${at}`);
    expect(listed).toMatchObject({ files: 3, sizeBytes: 2 + text.length, problem: ['the disk is full'] });
    expect(await discardUnfinished(`starmap/${at}`)).toEqual({
      ok: true,
      value: { files: 3, sizeBytes: 2 + text.length },
    });
    expect(await keysBelow(at)).toEqual(['deeper/1.npz', 'notes.txt']);
  });

  test('a finished dataset is not discarded, also where its state was left', async () => {
    const { manifest } = await split(path.join(formats, 'stored.npz'), 'kept');
    const no = { ok: false, message: expect.stringContaining('datasets/kept is not unfinished') };
    expect(await discardUnfinished('starmap/datasets/kept')).toMatchObject(no);
    await putObject('starmap', `datasets/kept/${PARTITION_STATE}`, '{}');
    expect(await discardUnfinished('starmap/datasets/kept')).toMatchObject(no);
    expect(await discardUnfinished('starmap/models/photoz')).toMatchObject({ ok: false });
    expect(await keysBelow('datasets/kept')).toHaveLength(manifest.partitions.length + 2);
  });
});

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects('starmap', `${prefix}/`)) keys.push(key.slice(prefix.length + 1));
  return keys;
}

test('verifying finds one byte that is not as it was written, a file too many and one too few', async () => {
  const source = path.join(formats, 'deflated.npz');
  const verify = { source: null, cut: null, verify: true };
  const { manifest } = await split(source, 'verified');
  const check = () => partitionDataset(request('', 'verified', verify));
  expect(await check()).toMatchObject({ ok: true, value: { verified: manifest.partitions.length } });

  const bytes = new Uint8Array(await readObject('starmap', 'datasets/verified/2.npz'));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await putObject('starmap', 'datasets/verified/2.npz', bytes);
  await putObject('starmap', 'datasets/verified/99.npz', bytes);
  expect(await check()).toMatchObject({
    ok: false,
    message: expect.stringMatching(/damaged: 2\.npz: its checksum is .* was written; 99\.npz is there, but/),
  });
});
