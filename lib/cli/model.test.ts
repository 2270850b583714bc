import { execFile } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { listModels } from '../server/list-models.ts';

test('a package that cannot work, or would lie where no list looks, is not installed: why is said', async () => {
  const runtime = await startRuntimeProcess();
  vi.stubEnv('STARMAP_HOME', runtime.home);
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-install-'));
  onTestFinished(async () => {
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
    await runtime.remove();
  });
  copyFileSync('lambdas/models/photoz/model.json', path.join(folder, 'model.json'));
  const install = (out = 's3://starmap/models/mine') => {
    const args = ['lib/cli/main.ts', 'model', 'install', folder, '--out', out];
    return promisify(execFile)(process.execPath, args, { env: { ...process.env, STARMAP_HOME: runtime.home } });
  };
  const ids = async () => (await listModels()).map(({ id }) => id);

  writeFileSync(path.join(folder, 'model.onnx'), 'hello world');
  await expect(install()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/model\.onnx: ONNX Runtime cannot load it.*\nIt was not installed\./),
  });
  expect(await ids()).not.toContain('starmap/models/mine');

  copyFileSync('lambdas/models/photoz/model.onnx', path.join(folder, 'model.onnx'));
  expect((await install()).stdout).toContain('starmap/models/mine is in place.');
  expect(await ids()).toContain('starmap/models/mine');

  const again = /starmap\/models\/mine is in place of photoz, which had the same graph, version [0-9a-f]{8}\.\n$/;
  expect((await install()).stdout).toMatch(again);
  appendFileSync(path.join(folder, 'model.onnx'), Buffer.from([0x72, 0]));
  const another = /is in place of photoz, version ([0-9a-f]{8}); it is version ([0-9a-f]{8}) now\.\n$/;
  const [, was, is] = another.exec((await install()).stdout) ?? [];
  expect(is).not.toBe(was);

  for (const out of ['s3://starmap/elsewhere/mine', 's3://starmap/models/a/b', 's3://other/models/mine'])
    await expect(install(out)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`--out must be s3://starmap/models/<name>, where the model packages of`),
    });
});
