import { execFile } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type ExecutionInfo, executionInfo } from '../lib/domain/execution-info.ts';
import { comparePyTorch } from './against-pytorch.ts';
import { execute } from './execution.ts';
import { infer, starmap } from './infer.ts';
import { type LocalRuntime, startLocalRuntime } from './local-runtime.ts';
import { exportPublished } from './published.ts';
import { type BenchResult, median } from './result.ts';

const DEMO_MODEL = 'lambdas/models/photoz';
const DATASET_MB = Number(process.env.BENCH_DATASET_MB ?? 1000);
/** Its network takes 16 times as long for a sample. */
const PUBLISHED_MB = 50;
const PARTITION_MB = 25;
const BATCH_SIZE = 512;
const REPEATS = 3;
const COLD_STARTS = 5;
const LARGE_MB = 1000;
const MEMORY_MB = 2048;
/** An image of 5 bands and 5 magnitudes, float32. */
const SAMPLE_BYTES = (5 * 32 * 32 + 5) * 4;

/** Whole local runs against ONNX Runtime alone over the same files, and what a cold and a warm invocation cost. */
export async function run(): Promise<BenchResult> {
  const demo = await compareRaw(DEMO_MODEL, DATASET_MB);
  const largePeakMb = await peakOfLarge();
  const heldBytes = statSync(`${DEMO_MODEL}/model.onnx`).size + 2 * BATCH_SIZE * SAMPLE_BYTES;
  const rows = [
    ...rowsOf('demo model', demo),
    { what: 'cold start: invoke → answer, one batch', value: `${demo.coldMs.toFixed(0)} ms`, target: '< 500 ms' },
    ...[
      { sizeMb: PARTITION_MB, peakMb: demo.peakRssMb },
      { sizeMb: LARGE_MB, peakMb: largePeakMb },
    ].map(({ sizeMb, peakMb }) => ({
      what: `peak memory of an invocation, partition of ${sizeMb} MB`,
      value: `${peakMb.toFixed(0)} MB`,
      target: `≤ ${(150 + heldBytes / 1e6).toFixed(0)} MB: model, 2 batches and 150`,
    })),
  ];
  const figures = {
    run_vs_raw: demo.ratio,
    cold_start_ms: demo.coldMs,
    warm_overhead: demo.overhead,
    peak_rss_mb: demo.peakRssMb,
    peak_rss_large_mb: largePeakMb,
  };
  const folder = await exportPublished();
  if (!folder) {
    const what = 'the published size (name a Python with torch, onnx and onnxscript by BENCH_PYTHON)';
    return { rows: [...rows, { what, value: 'skipped: no torch' }], figures: { ...figures, vs_pytorch: null } };
  }
  const published = await compareRaw(folder, PUBLISHED_MB);
  const torch = await comparePyTorch(folder);
  return {
    rows: [...rows, ...rowsOf('published size', published), ...torch.rows],
    figures: {
      ...figures,
      published_run_vs_raw: published.ratio,
      published_warm_overhead: published.overhead,
      published_cold_start_ms: published.coldMs,
      ...torch.figures,
    },
  };
}

interface RawComparison {
  datasetMb: number;
  rawMs: number;
  runMs: number;
  /** Raw ÷ run. */
  ratio: number;
  coldMs: number;
  /** Median of (invocation ÷ its model loop) - 1, warm. */
  overhead: number;
  peakRssMb: number;
}

function rowsOf(name: string, { datasetMb, rawMs, runMs, ratio, overhead }: RawComparison): BenchResult['rows'] {
  return [
    { what: `${name}: raw ONNX Runtime, ${datasetMb} MB, all cores`, value: `${rawMs.toFixed(0)} ms` },
    { what: `${name}: whole local run, same files`, value: `${runMs.toFixed(0)} ms` },
    { what: `${name}: raw ÷ whole run`, value: ratio.toFixed(3), target: '≥ 0.95' },
    {
      what: `${name}: warm invocation over its model loop`,
      value: `${(overhead * 100).toFixed(1)} %`,
      target: '≤ 3 %',
    },
  ];
}

async function compareRaw(modelFolder: string, datasetMb: number): Promise<RawComparison> {
  const runtime = await startLocalRuntime();
  const cli = (...args: string[]) => starmap(runtime, ...args, '--json');
  try {
    const partition = `${PARTITION_MB}MB`;
    await cli('dataset', '--size', `${datasetMb}MB`, '--partition', partition, '--out', 's3://starmap/datasets/bench');
    await cli('dataset', '--size', '1MB', '--partition', '1MB', '--out', 's3://starmap/datasets/one');
    await cli('model', 'install', modelFolder, '--out', 's3://starmap/models/bench');
    const coldMs = await coldStart(runtime);
    const folder = await copyToDisk(runtime, Math.ceil(datasetMb / PARTITION_MB));
    await wholeRun(runtime, 'warm-up');
    const rawMs: number[] = [];
    const runMs: number[] = [];
    const infos: ExecutionInfo[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      rawMs.push(await raw(folder, path.join(modelFolder, 'model.onnx')));
      const whole = await wholeRun(runtime, `repeat-${repeat}`);
      runMs.push(whole.wallMs);
      infos.push(...whole.infos);
    }
    return {
      datasetMb,
      rawMs: median(rawMs),
      runMs: median(runMs),
      ratio: median(rawMs) / median(runMs),
      coldMs,
      overhead: median(infos.map((info) => (info.duration_ms ?? 0) / (info.inference_ms ?? 1) - 1)),
      peakRssMb: Math.max(...infos.map((info) => info.peak_rss_mb ?? 0)),
    };
  } finally {
    await runtime.stop();
  }
}

/** The better of one process with all threads, and one single-threaded process per core. */
async function raw(folder: string, model: string): Promise<number> {
  const cores = cpus().length;
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
    S3_object_name: 'models/bench',
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
  const job = { model: 'models/bench', partition: 'datasets/one/1.safetensors', batchSize: BATCH_SIZE, memoryMb: 1024 };
  // It prepares the graph.
  await infer(runtime, job);
  const times: number[] = [];
  for (let i = 0; i < COLD_STARTS; i++) {
    await runtime.endEnvironments();
    times.push((await infer(runtime, job)).invokeMs);
  }
  return median(times);
}

/** Two invocations of one environment on a partition that is one large file. */
async function peakOfLarge(): Promise<number> {
  const runtime = await startLocalRuntime();
  const cli = (...args: string[]) => starmap(runtime, ...args, '--json');
  try {
    const size = `${LARGE_MB}MB`;
    await cli('dataset', '--size', size, '--partition', size, '--out', 's3://starmap/datasets/large');
    await cli('model', 'install', DEMO_MODEL, '--out', 's3://starmap/models/bench');
    const partition = 'datasets/large/1.safetensors';
    const job = { model: 'models/bench', partition, batchSize: BATCH_SIZE, memoryMb: MEMORY_MB };
    const peaks = [await infer(runtime, job), await infer(runtime, job)].map(({ info }) => info.peak_rss_mb ?? 0);
    return Math.max(...peaks);
  } finally {
    await runtime.stop();
  }
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
