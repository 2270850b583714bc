import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('ONNX Runtime keeps no identifier of the machine and no queue of reports: nothing is told to its makers', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'starmap-home-'));
  const code = `
    import { readFileSync } from 'node:fs';
    import { startSessionThread } from './lambdas/inference/session-thread.ts';
    const thread = startSessionThread();
    const onnx = new Uint8Array(readFileSync('lambdas/testdata/tiny.onnx'));
    const { outputs } = await thread.ask({ kind: 'open', graph: { onnx, external: [] }, threads: 1 });
    await thread.close();
    console.log(outputs.join());
  `;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--eval', code], {
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home } as unknown as NodeJS.ProcessEnv,
    });
    expect(stdout.trim()).toBe('redshift');
    expect(readdirSync(home)).toEqual([]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
