import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { childEnvironment } from '../aws/child-environment.ts';
import { maybeReadText, putObject } from '../aws/objects.ts';
import { PARTITION_STATE, type PartitionRequest, partitionState } from '../domain/partition-job.ts';
import { asFlag, inWords } from '../domain/partition-message.ts';
import { discardUnfinished } from './delete-dataset.ts';
import { launchExperiment } from './launch.ts';
import { listDatasets } from './list-datasets.ts';
import { listUnfinished } from './list-unfinished.ts';
import { formats, keysBelow, request, split, startSplits } from './partition-dataset.fixture.ts';
import { partitionDataset } from './partition-dataset.ts';

const { folder, bigFile, stop } = await startSplits();
afterAll(stop);

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

test.each([
  [
    'taken out',
    'changed',
    '2.safetensors',
    /and \S+2\.safetensors is no longer in its source; begin anew with --overwrite/,
  ],
  ['put in', 'added', null, /and \S+15\.safetensors was not in its source; begin anew with --overwrite/],
])('stopped, then a file of its folder is %s: that file is named', async (_, name, removed, words) => {
  const source = path.join(folder, name);
  mkdirSync(source);
  for (const number of [1, 2, 3])
    copyFileSync(path.join(formats, 'galaxies.safetensors'), path.join(source, `${number}.safetensors`));
  const stop = new AbortController();
  const onProgress = ({ partitionsDone }: { partitionsDone: number }) => partitionsDone >= 2 && stop.abort();
  const cut = { samples: 1 };
  const stopped = await partitionDataset(request(source, name, { cut }), { signal: stop.signal, onProgress });
  expect(stopped).toMatchObject({ ok: true, value: { state: 'stopped' } });
  if (removed) rmSync(path.join(source, removed));
  else copyFileSync(path.join(source, '1.safetensors'), path.join(source, '15.safetensors'));
  const again = await partitionDataset(request(source, name, { cut }));
  expect(again).toMatchObject({ ok: false, message: expect.stringMatching(words) });
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
