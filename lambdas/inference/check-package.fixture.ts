import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelCheck } from '../../lib/domain/model-check.ts';
import { checkPackage } from './check-package.ts';
import { downloadFile, modelFilesIn } from './local-files.ts';
import { startModelThreads } from './model-threads.ts';

/** Real graphs (testdata/models/make.py). */
export const testdata = fileURLToPath(new URL('../testdata/models', import.meta.url));

interface Package {
  onnx?: string;
  script?: string;
  files?: string[];
  /** Names of files with nothing in them. */
  empty?: string[];
  batch?: number;
  data?: string | null;
}

/** Checks packages with the same steps as in the inference function. */
export function openChecker() {
  const threads = startModelThreads(1);

  function checkFolder(folder: string, data: string | null, batch: number): Promise<ModelCheck> {
    const partition = data === null ? null : { bucket: '', key: data, size_bytes: statSync(data).size, etag: '' };
    const checker = { files: modelFilesIn(folder), startDownload: downloadFile, threads, threadsUsed: 1 };
    return checkPackage(checker, { bucket: '', prefix: 'm' }, partition, batch);
  }

  /** Checks a package made of one graph of testdata, a model.json and perhaps a script. */
  async function check(
    manifest: object,
    { onnx = 'same-float32', script, files = [], empty = [], batch = 4, data }: Package = {},
  ) {
    const folder = mkdtempSync(path.join(tmpdir(), 'starmap-package-'));
    try {
      for (const file of [`${onnx}.onnx`, ...files]) copyFileSync(path.join(testdata, file), path.join(folder, file));
      for (const file of empty) writeFileSync(path.join(folder, file), '');
      const described = {
        version: 1,
        name: 'm',
        onnx: `${onnx}.onnx`,
        ...(script ? { script: 'steps.mjs' } : {}),
        ...manifest,
      };
      writeFileSync(path.join(folder, 'model.json'), JSON.stringify(described));
      if (script) writeFileSync(path.join(folder, 'steps.mjs'), script);
      return await checkFolder(folder, data === undefined ? path.join(testdata, 'rows.safetensors') : data, batch);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Predictions of a package that fits, as numbers, row by row. */
  async function predicted(...args: Parameters<typeof check>): Promise<number[][]> {
    const result = await check(...args);
    if (result.findings.length > 0) throw new Error(wordsOf(result).join('; '));
    return (result.trial?.rows ?? []).map((row) => row.slice(1).map(Number));
  }

  return { check, predicted, checkFolder, close: () => threads.close() };
}

export const wordsOf = ({ findings }: ModelCheck) =>
  findings.map(({ severity, about, message }) => `${severity} ${about}: ${message.replaceAll(`${testdata}/`, '')}`);
