import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { insertExperiment } from '../db/experiments.ts';
import { newExperiment } from '../db/runs.fixture.ts';
import { changeRun } from '../db/runs.ts';
import { deleteModel } from './delete-model.ts';
import { installModel } from './install-model.ts';
import { findModel } from './list-models.ts';
import { withLocalRuntime } from './local-runtime.fixture.ts';

withLocalRuntime();

async function install(name: string): Promise<string> {
  await installModel('lambdas/models/photoz', { bucket: 'starmap', prefix: `models/${name}` });
  return `starmap/models/${name}`;
}

test('a model that a run waits for stays, however its place is written', async () => {
  const id = await install('needed');
  const [experiment, runs] = newExperiment('e', ['r'], new Date());
  for (const { settings } of runs) Object.assign(settings, { modelId: id });
  await insertExperiment(experiment, runs);
  const message = `1 run that waits or runs needs ${id}. Wait for its end, or stop it first.`;
  for (const place of [id, `${id}/`, `s3://${id}`])
    expect(await deleteModel(place), place).toMatchObject({ ok: false, message });
  expect(await findModel(id)).not.toBeNull();
  await changeRun('r', { status: 'SUCCEEDED' });
  expect(await deleteModel(id)).toMatchObject({ ok: true, value: { deleted: 2 } });
  expect(await findModel(id)).toBeNull();
});

test('nor is it replaced from the terminal, by a package that could be installed', async () => {
  const id = await install('waited-for');
  const [experiment, runs] = newExperiment('e2', ['r2'], new Date());
  for (const { settings } of runs) Object.assign(settings, { modelId: id });
  await insertExperiment(experiment, runs);
  const args = ['lib/cli/main.ts', 'model', 'install', 'lambdas/models/photoz', '--out', `s3://${id}`];
  const again = () => promisify(execFile)(process.execPath, args);
  await expect(again()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`1 run that waits or runs needs ${id}.`),
  });
  await changeRun('r2', { status: 'SUCCEEDED' });
  expect((await again()).stdout).toContain(`${id} is in place`);
});

test('the command says what goes and asks, unless told not to', async () => {
  const id = await install('typed');
  const command = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['lib/cli/main.ts', 'model', 'delete', `s3://${id}/`, ...args]);
  await expect(command()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Delete the model package ${id}: 2 files, 764 kB?`),
  });
  expect(await findModel(id)).not.toBeNull();
  expect(JSON.parse((await command('--yes', '--json')).stdout)).toEqual({ id, deleted: 2 });
  expect(await findModel(id)).toBeNull();
});
