import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parquetReadObjects } from 'hyparquet';
import { infer, starmap } from './infer.ts';
import { startLocalRuntime } from './local-runtime.ts';
import { PUBLISHED_SCRIPT, PYTHON } from './published.ts';
import { type BenchResult, median } from './result.ts';

const exec = promisify(execFile);
/** One batch of 32. */
const FIRST_SIZE = '0.66MB';
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
    // Functions of two memory sizes have met nothing yet; the first warms the file cache, as PyTorch's files are warm.
    const first = { ...job, partition: 'datasets/first/1.safetensors', batchSize: 32 };
    await infer(runtime, { ...first, memoryMb: 2048 });
    const cold = await infer(runtime, { ...first, memoryMb: 3008 });
    const { stdout } = await exec(
      PYTHON,
      [PUBLISHED_SCRIPT, 'run', folder, file, BATCH_SIZES.join(','), String(cpus().length)],
      {
        maxBuffer: 2 ** 26,
      },
    );
    const torch = JSON.parse(stdout) as {
      load_ms: number;
      cold_ms: number;
      samples_per_s: Record<string, number>;
      peak_rss_mb: number;
      redshift: number[];
    };
    const ours: { size: number; rate: number; peakMb: number; resultPath: string }[] = [];
    for (const size of BATCH_SIZES) {
      // The first time at a batch size takes the memory it needs; both engines show their second.
      await infer(runtime, { ...job, batchSize: size });
      const { info, resultPath } = await infer(runtime, { ...job, batchSize: size });
      ours.push({ size, rate: info.sample_persec, peakMb: info.peak_rss_mb ?? 0, resultPath });
    }
    const predictions = await read(`${ours[0]?.resultPath}/predictions/0.parquet`);
    const rows = await parquetReadObjects({ file: predictions.slice().buffer, columns: ['redshift_pred'] });
    const difference = Math.max(
      ...rows.map((row, index) => Math.abs(row.redshift_pred - (torch.redshift[index] ?? Number.NaN))),
    );
    const ratios = ours.map(({ size, rate }) => rate / (torch.samples_per_s[size] ?? Number.NaN));
    const loadMs = (cold.info.phases_ms?.init ?? 0) + (cold.info.phases_ms?.model_load ?? 0);
    const peakMb = Math.max(...ours.map((each) => each.peakMb));
    return {
      rows: [
        ...ours.map(({ size, rate }, index) => ({
          what: `published size, batch ${size}: ours, PyTorch, ratio`,
          value: `${rate.toFixed(0)}, ${torch.samples_per_s[size]?.toFixed(0)} /s, ${ratios[index]?.toFixed(2)}`,
          target: '≥ 1.5',
        })),
        {
          what: 'its code and model loaded: ours (and downloaded), PyTorch',
          value: `${loadMs.toFixed(0)}, ${torch.load_ms.toFixed(0)} ms`,
          target: '≥ 10x faster',
        },
        {
          what: 'its first answer from nothing: ours, PyTorch',
          value: `${cold.invokeMs.toFixed(0)}, ${torch.cold_ms.toFixed(0)} ms`,
        },
        { what: 'its peak memory: ours, PyTorch', value: `${peakMb.toFixed(0)}, ${torch.peak_rss_mb.toFixed(0)} MB` },
        { what: 'largest difference of outputs', value: difference.toExponential(1), target: '≤ 1e-4' },
      ],
      figures: {
        vs_pytorch: median(ratios),
        vs_pytorch_load: torch.load_ms / loadMs,
        vs_pytorch_cold: torch.cold_ms / cold.invokeMs,
        vs_pytorch_max_difference: difference,
        published_peak_rss_mb: peakMb,
        pytorch_peak_rss_mb: torch.peak_rss_mb,
      },
    };
  } finally {
    await runtime.stop();
  }
}
