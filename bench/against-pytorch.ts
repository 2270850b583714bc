import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { parquetReadObjects } from 'hyparquet';
import { infer, starmap } from './infer.ts';
import { startLocalRuntime } from './local-runtime.ts';
import { PUBLISHED_SCRIPT, PYTHON } from './published.ts';
import { type BenchResult, median } from './result.ts';

const exec = promisify(execFile);
const FIRST_BATCH = 32;
/** So many samples. */
const FIRST_SIZE = '0.66MB';
/** Of each, in turn. */
const COLD_STARTS = 9;
const BATCH_SIZES = [32, 64, 128, 256, 512];
const PARTITION = 'datasets/published/1.safetensors';

/**
 * The same network of the published size, same weights, same partition, all cores: PyTorch against our inference
 * function with everything it does (S3, predictions, records).
 * @param folder the exported network.
 */
export async function comparePyTorch(folder: string): Promise<BenchResult> {
  // One environment has all cores, as PyTorch has.
  const runtime = await startLocalRuntime('dist/lambdas', 1);
  try {
    await starmap(
      runtime,
      'dataset',
      '--size',
      '11MB',
      '--partition',
      '11MB',
      '--out',
      's3://starmap/datasets/published',
      '--json',
    );
    await starmap(
      runtime,
      'dataset',
      '--size',
      FIRST_SIZE,
      '--partition',
      FIRST_SIZE,
      '--out',
      's3://starmap/datasets/first',
      '--json',
    );
    await starmap(runtime, 'model', 'install', folder, '--out', 's3://starmap/models/published', '--json');
    const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
    const read = async (Key: string) =>
      (
        await s3.send(new GetObjectCommand({ Bucket: 'starmap', Key }))
      ).Body?.transformToByteArray() as Promise<Uint8Array>;
    const file = path.join(folder, 'partition.safetensors');
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, await read(PARTITION));

    const job = { model: 'models/published', partition: PARTITION, memoryMb: 4096 };
    const weights = path.join(folder, 'weights.pt');
    const python = async (mode: 'cold' | 'run', batchSize: number, from = weights) => {
      const args = [PUBLISHED_SCRIPT, mode, from, file, String(batchSize), String(cpus().length)];
      return JSON.parse((await exec(PYTHON, args, { maxBuffer: 2 ** 26 })).stdout);
    };
    // The first one prepares the graph. The file caches are warm for both.
    const first = { ...job, partition: 'datasets/first/1.safetensors', batchSize: FIRST_BATCH };
    await infer(runtime, first);
    // The published system's function has its weights in S3, as ours has.
    const stored = { Bucket: 'starmap', Key: 'published/weights.pt' };
    await s3.send(new PutObjectCommand({ ...stored, Body: readFileSync(weights) }));
    const url = await getSignedUrl(s3, new GetObjectCommand(stored));
    await python('cold', FIRST_BATCH, url);
    const colds: { loadMs: number; coldMs: number }[] = [];
    const torchColds: { load_ms: number; cold_ms: number }[] = [];
    const torchFromDisk: number[] = [];
    for (let i = 0; i < COLD_STARTS; i++) {
      await runtime.endEnvironments();
      const { info, invokeMs } = await infer(runtime, first);
      colds.push({ loadMs: (info.phases_ms?.init ?? 0) + (info.phases_ms?.model_load ?? 0), coldMs: invokeMs });
      torchColds.push(await python('cold', FIRST_BATCH, url));
      torchFromDisk.push((await python('cold', FIRST_BATCH)).load_ms);
    }
    const ours: { size: number; rate: number; peakMb: number; resultPath: string }[] = [];
    const theirs: { samples_per_s: number; peak_rss_mb: number; redshift: number[] }[] = [];
    for (const size of BATCH_SIZES) {
      // The first time at a batch size takes the memory it needs; then three times, as PyTorch does.
      const runs: Awaited<ReturnType<typeof infer>>[] = [];
      for (let i = 0; i < 4; i++) runs.push(await infer(runtime, { ...job, batchSize: size }));
      const timed = runs.slice(1).map(({ info }) => info);
      const peakMb = Math.max(...timed.map((info) => info.peak_rss_mb ?? 0));
      const rate = median(timed.map((info) => info.sample_persec));
      ours.push({ size, rate, peakMb, resultPath: runs[0]?.resultPath ?? '' });
      theirs.push(await python('run', size));
    }
    const predictions = await read(`${ours[0]?.resultPath}/predictions/0.parquet`);
    const rows = await parquetReadObjects({ file: predictions.slice().buffer, columns: ['redshift_pred'] });
    const difference = Math.max(
      ...rows.map((row, index) => Math.abs(row.redshift_pred - (theirs[0]?.redshift[index] ?? Number.NaN))),
    );
    const limit = JSON.parse(
      (await exec(PYTHON, [PUBLISHED_SCRIPT, 'limit', String(cpus().length)])).stdout,
    ).samples_per_s;
    const ratios = ours.map(({ rate }, i) => rate / (theirs[i]?.samples_per_s ?? Number.NaN));
    const torchPeakMb = Math.max(...theirs.map((each) => each.peak_rss_mb));
    const loadMs = median(colds.map((each) => each.loadMs));
    const coldMs = median(colds.map((each) => each.coldMs));
    const torchLoadMs = median(torchColds.map((each) => each.load_ms));
    const torchColdMs = median(torchColds.map((each) => each.cold_ms));
    const peakMb = Math.max(...ours.map((each) => each.peakMb));
    return {
      rows: [
        ...ours.map(({ size, rate }, index) => ({
          what: `published size, batch ${size}: ours, PyTorch, ratio`,
          value: `${rate.toFixed(0)}, ${theirs[index]?.samples_per_s.toFixed(0)} /s, ${ratios[index]?.toFixed(2)}`,
          target: '≥ 1.5',
        })),
        {
          what: 'the most this processor allows (at the rate of two large matrices)',
          value: `${limit.toFixed(0)} /s`,
        },
        {
          what: 'its code and model loaded, weights from S3: ours, PyTorch (from its disk)',
          value: `${loadMs.toFixed(0)}, ${torchLoadMs.toFixed(0)} (${median(torchFromDisk).toFixed(0)}) ms`,
          target: '≥ 10x faster',
        },
        {
          what: 'its first answer from nothing: ours, PyTorch',
          value: `${coldMs.toFixed(0)}, ${torchColdMs.toFixed(0)} ms`,
        },
        { what: 'its peak memory: ours, PyTorch', value: `${peakMb.toFixed(0)}, ${torchPeakMb.toFixed(0)} MB` },
        { what: 'largest difference of outputs', value: difference.toExponential(1), target: '≤ 1e-4' },
      ],
      figures: {
        vs_pytorch: median(ratios),
        published_of_processor: median(ours.map(({ rate }) => rate)) / limit,
        vs_pytorch_load: torchLoadMs / loadMs,
        vs_pytorch_cold: torchColdMs / coldMs,
        vs_pytorch_max_difference: difference,
        published_peak_rss_mb: peakMb,
        pytorch_peak_rss_mb: torchPeakMb,
      },
    };
  } finally {
    await runtime.stop();
  }
}
