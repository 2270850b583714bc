import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectFolder } from '../env.ts';
import { checkModel } from './check-model.ts';

const testdata = path.join(projectFolder('lambdas'), 'testdata', 'models');

const data = { file: path.join(testdata, 'rows.safetensors') };

/** A package whose script is this. */
function makePackage(script: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const described = {
    version: 1,
    name: 'm',
    onnx: 'same-float32.onnx',
    script: 'steps.mjs',
    inputs: [{ name: 'x', tensor: 'pair' }],
    outputs: [{ name: 'y', column: 'y' }],
  };
  copyFileSync(path.join(testdata, described.onnx), path.join(folder, described.onnx));
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify(described));
  writeFileSync(path.join(folder, 'steps.mjs'), script);
  return folder;
}

test('what a script of the package prints, with or without an end of line, is not taken for the answer', async () => {
  const prints = "console.log('begun'); process.stdout.write('half of it');";
  const folder = makePackage(`export const postprocess = () => { ${prints} return {}; };`);
  const checked = await checkModel({ model: { folder }, data });
  expect(checked).toMatchObject({ ok: true, value: { findings: [], trial: { samples: 6 } } });
});

test('what brings the process down is a finding that names the signal', async () => {
  const folder = makePackage("export const postprocess = () => process.kill(process.pid, 'SIGSEGV');");
  const message = 'the process that ran the model ended with SIGSEGV: it said nothing';
  const findings = [{ severity: 'error', about: 'model', message }];
  expect(await checkModel({ model: { folder }, data })).toMatchObject({ ok: true, value: { findings } });
});
