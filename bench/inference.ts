import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type ExecutionInfo, executionInfo } from '../lib/domain/execution-info.ts';
import { comparePyTorch } from './against-pytorch.ts';
import { execute } from './execution.ts';
import { infer, starmap } from './infer.ts';
import { type LocalRuntime, startLocalRuntime } from './local-runtime.ts';
import { type BenchResult, median } from './result.ts';

const DATASET_MB = Number(process.env.BENCH_DATASET_MB ?? 256);
const PARTITION_MB = 25;
const BATCH_SIZE = 512;
const REPEATS = 3;
const MEMORY_MB = 2048;

/** Whole local runs against ONNX Runtime alone over the same files, and what a cold and a warm invocation cost. */
export async function run(): Promise<BenchResult> {
  const { rows, figures } = await compareRaw();
  const published = await comparePyTorch();
  return { rows: [...rows, ...published.rows], figures: { ...figures, ...published.figures } };
}

async function compareRaw(): Promise<BenchResult> {
  const runtime = await startLocalRuntime();
  try {
    await starmap(
      runtime,
      'dataset',
      '--size',
      `${DATASET_MB}MB`,
      '--partition',
      `${PARTITION_MB}MB`,
      '--out',
      's3://starmap/datasets/bench',
      '--json',
    );
    await starmap(
      runtime,
      'dataset',
      '--size',
      '1MB',
      '--partition',
      '1MB',
      '--out',
      's3://starmap/datasets/one',
      '--json',
    );
    await starmap(
      runtime,
      'model',
      'install',
      'lambdas/models/photoz',
      '--out',
      's3://starmap/models/photoz',
      '--json',
    );
    const coldMs = await coldStart(runtime);
    const folder = await copyToDisk(runtime, Math.ceil(DATASET_MB / PARTITION_MB));
    await wholeRun(runtime, 'warm-up');
    const rawMs: number[] = [];
    const runMs: number[] = [];
    const infos: ExecutionInfo[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      rawMs.push(await raw(folder));
      const whole = await wholeRun(runtime, `repeat-${repeat}`);
      runMs.push(whole.wallMs);
      infos.push(...whole.infos);
    }
    const ratio = median(rawMs) / median(runMs);
    const overhead = median(infos.map((info) => (info.duration_ms ?? 0) / (info.inference_ms ?? 1) - 1));
    const peakRss = Math.max(...infos.map((info) => info.peak_rss_mb ?? 0));
    return {
      rows: [
        { what: `raw ONNX Runtime, ${DATASET_MB} MB, all cores`, value: `${median(rawMs).toFixed(0)} ms` },
        { what: 'whole local run, same files', value: `${median(runMs).toFixed(0)} ms` },
        { what: 'raw ÷ whole run', value: ratio.toFixed(3), target: '≥ 0.95' },
        { what: 'cold start: invoke → answer, one batch', value: `${coldMs.toFixed(0)} ms`, target: '< 500 ms' },
        { what: 'warm invocation over its model loop', value: `${(overhead * 100).toFixed(1)} %`, target: '≤ 3 %' },
        {
          what: 'peak memory of an invocation',
          value: `${peakRss.toFixed(0)} MB`,
          target: `≤ ${PARTITION_MB} + model + 150 MB`,
        },
      ],
      figures: { run_vs_raw: ratio, cold_start_ms: coldMs, warm_overhead: overhead, peak_rss_mb: peakRss },
    };
  } finally {
    await runtime.stop();
  }
}

/** The better of one process with all threads, and one single-threaded process per core. */
async function raw(folder: string): Promise<number> {
  const cores = cpus().length;
  const model = 'lambdas/models/photoz/model.onnx';
  const one = await rawProcess(folder, model, cores, 1, 0);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: cores }, (_, offset) => rawProcess(folder, model, 1, cores, offset)));
  return Math.min(one, performance.now() - startedAt);
}

async function rawProcess(
  folder: string,
  model: string,
  threads: number,
  stride: number,
  offset: number,
): Promise<number> {
  const args = [
    'bench/raw-onnx.ts',
    folder,
    model,
    String(BATCH_SIZE),
    String(threads),
    String(stride),
    String(offset),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return (JSON.parse(stdout) as { wallMs: number }).wallMs;
}

async function wholeRun(runtime: LocalRuntime, name: string): Promise<{ wallMs: number; infos: ExecutionInfo[] }> {
  const resultPath = `results/bench/${name}`;
  const input = {
    bucket: 'starmap',
    batch_size: BATCH_SIZE,
    S3_object_name: 'models/photoz',
    result_path: resultPath,
    data_bucket: 'starmap',
    data_prefix: 'datasets/bench',
    memory_mb: MEMORY_MB,
  };
  const { wallMs } = await execute(runtime, runtime.connection.stateMachineArn, input);
  const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
  const object = await s3.send(new GetObjectCommand({ Bucket: 'starmap', Key: `${resultPath}/combined_data.json` }));
  const records = JSON.parse((await object.Body?.transformToString()) ?? '[]') as unknown[];
  return { wallMs, infos: records.map((record) => executionInfo.parse(record)) };
}

/** First invocation of a fresh execution environment on a one-batch partition, seen by the caller. */
async function coldStart(runtime: LocalRuntime): Promise<number> {
  const times: number[] = [];
  // Each memory size is a function of its own, so each first call meets no warm environment.
  for (const memoryMb of [1024, 3008, 4096]) {
    const job = { model: 'models/photoz', partition: 'datasets/one/1.safetensors', batchSize: BATCH_SIZE, memoryMb };
    times.push((await infer(runtime, job)).invokeMs);
  }
  return median(times);
}

async function copyToDisk(runtime: LocalRuntime, partitions: number): Promise<string> {
  const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
  const folder = path.join(runtime.home, 'raw');
  mkdirSync(folder);
  for (let number = 1; number <= partitions; number += 1) {
    const object = await s3.send(
      new GetObjectCommand({ Bucket: 'starmap', Key: `datasets/bench/${number}.safetensors` }),
    );
    writeFileSync(
      path.join(folder, `${number}.safetensors`),
      (await object.Body?.transformToByteArray()) ?? new Uint8Array(),
    );
  }
  return folder;
}
