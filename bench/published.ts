import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export const PYTHON = process.env.BENCH_PYTHON ?? 'python3';
export const PUBLISHED_SCRIPT = 'bench/published-model.py';

/**
 * Exports a network of the published system's size to a model package.
 * @returns its folder; null where there is no Python with torch, onnx and onnxscript.
 */
export async function exportPublished(): Promise<string | null> {
  if (spawnSync(PYTHON, ['-c', 'import torch, onnx, onnxscript']).status !== 0) return null;
  const folder = path.resolve('dist/published-model');
  rmSync(folder, { recursive: true, force: true });
  await promisify(execFile)(PYTHON, [PUBLISHED_SCRIPT, 'export', folder]);
  return folder;
}
