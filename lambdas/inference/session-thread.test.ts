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
    const { model } = await thread.ask({ kind: 'open', graph: { onnx, external: [] }, threads: 1 });
    await thread.close();
    console.log(model.outputs.join());
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

test('where ONNX Runtime cannot be loaded, whoever asks for a model is told so at once, also later', async () => {
  const preload = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'onnxruntime-node') throw new Error('libonnxruntime.so.1: wrong ELF class');
        return next(specifier, context);
      },
    });
  `;
  const code = `
    import { startModelThreads } from './lambdas/inference/model-threads.ts';
    const threads = startModelThreads(2);
    const open = () => threads.open({ onnx: new Uint8Array(8), external: [] }, true);
    const say = ({ name, message }) => console.log(name + ': ' + message);
    await open().catch(say);
    // The threads have ended when this has.
    await threads.close();
    await open().catch(say);
  `;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 90_000 });
  const told = `OnnxRuntimeMissing: ONNX Runtime cannot be loaded (${process.platform}, ${process.arch}): libonnxruntime.so.1: wrong ELF class`;
  expect(stdout.trim().split('\n')).toEqual([told, told]);
});
