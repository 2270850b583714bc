import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { database } from '../db/database.ts';
import { getRun } from './get-run.ts';
import { installModel } from './install-model.ts';
import { launchExperiment } from './launch.ts';
import { listRunItems } from './list-run-items.ts';
import { makeDataset } from './make-dataset.ts';
import { startWatcher, type Watcher } from './watch.ts';

let runtime: RuntimeProcess;
let watcher: Watcher;

beforeAll(async () => {
  runtime = await startRuntimeProcess('real');
  vi.stubEnv('STARMAP_HOME', runtime.home);
  vi.stubEnv('STARMAP_BACKEND', 'local');
  const size = { sizeBytes: 100_000, partitionSizeBytes: 100_000 };
  await makeDataset({ bucket: 'starmap', prefix: 'datasets/one', ...size, seed: 1 });
  watcher = startWatcher();
});

afterAll(async () => {
  await watcher?.stop();
  await (await database()).close();
  await runtime.remove();
  vi.unstubAllEnvs();
});

/** A model package whose script ends the process of the function at the first batch. */
async function installKiller(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-killer-'));
  cpSync('lambdas/models/photoz/model.onnx', path.join(folder, 'model.onnx'));
  const manifest = JSON.parse(readFileSync('lambdas/models/photoz/model.json', 'utf8'));
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify({ ...manifest, script: 'kill.mjs' }));
  writeFileSync(
    path.join(folder, 'kill.mjs'),
    `export const preprocess = () => process.kill(process.pid, 'SIGKILL');\n`,
  );
  const installed = await installModel(folder, { bucket: 'starmap', prefix: 'models/killer' });
  rmSync(folder, { recursive: true });
  expect(installed).toMatchObject({ ok: true });
}

test('an item that was killed with most of its memory free is not said to lack memory', async () => {
  await installKiller();
  const launched = await launchExperiment({
    name: 'Killed',
    datasets: ['starmap/datasets/one'],
    dataSizesBytes: [null],
    batchSizes: [16],
    model: 'starmap/models/killer',
    memoriesMb: [2048],
    maxConcurrency: 0,
    repeats: 1,
  });
  const id = launched.ok ? (launched.value.runIds[0] ?? '') : '';
  await vi.waitUntil(async () => (await getRun(id))?.status === 'FAILED', { timeout: 90_000, interval: 200 });
  expect((await getRun(id))?.cause).toMatch(/^1 of 1 items? failed\. datasets\/one\/1\.safetensors: /);
  const [item] = (await listRunItems(id, { status: 'FAILED' })).rows;
  expect(item?.cause).toMatch(
    /^The function's process was killed or crashed \(Runtime exited with error: signal: killed\)\. It had used \d+ of 2,048 MB/,
  );
});
