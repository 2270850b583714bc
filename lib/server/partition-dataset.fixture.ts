import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { bytesSource, joined } from '../../lambdas/formats/bytes-source.ts';
import { openPartition } from '../../lambdas/formats/open-partition.ts';
import { toNumbers } from '../../lambdas/inference/tensor-data.ts';
import { listObjects, maybeReadText, readObject } from '../aws/objects.ts';
import { type DatasetManifest, datasetManifest } from '../domain/dataset.ts';
import type { PartitionRequest } from '../domain/partition-job.ts';
import { layoutSafetensors } from '../domain/safetensors.ts';
import { partitionDataset } from './partition-dataset.ts';

export const formats = path.resolve('lambdas/testdata/formats');

/** The local runtime for splits to go to, and a folder for their sources. */
export async function startSplits() {
  const runtime = await startRuntimeProcess();
  vi.stubEnv('STARMAP_HOME', runtime.home);
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-partition-test-'));

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

  return {
    folder,
    bigFile,
    async stop() {
      vi.unstubAllEnvs();
      await runtime.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const request = (source: string, name: string, changes: Partial<PartitionRequest> = {}): PartitionRequest => ({
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

/** @throws where it was refused or stopped. */
export async function split(source: string, name: string, changes: Partial<PartitionRequest> = {}) {
  const result = await partitionDataset(request(source, name, changes));
  if (!result.ok) throw new Error(result.message);
  if (result.value.state !== 'done') throw new Error('it was stopped');
  return { report: result.value, manifest: await manifestOf(name) };
}

async function manifestOf(name: string): Promise<DatasetManifest> {
  return datasetManifest.parse(JSON.parse((await maybeReadText('starmap', `datasets/${name}/dataset.json`)) ?? 'null'));
}

/** All numbers of each tensor of a file, or of those that are named. */
export async function numbersIn(file: string, bytes: Uint8Array, only?: string[]): Promise<Record<string, string[]>> {
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
export async function numbersOf(name: string, { partitions }: DatasetManifest): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { file } of partitions) {
    const numbers = await numbersIn(file, new Uint8Array(await readObject('starmap', `datasets/${name}/${file}`)));
    for (const [tensor, values] of Object.entries(numbers)) all[tensor] = [...(all[tensor] ?? []), ...values];
  }
  return all;
}

/** Names of the objects below a prefix. */
export async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects('starmap', `${prefix}/`)) keys.push(key.slice(prefix.length + 1));
  return keys;
}
