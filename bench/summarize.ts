import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ParquetColumn } from '../lambdas/parquet-columns.ts';
import { writeParquet } from '../lambdas/parquet-file.ts';
import type { PredictionsMetadata } from '../lambdas/predictions-metadata.ts';
import { type LocalRuntime, startLocalRuntime } from './local-runtime.ts';
import type { BenchResult } from './result.ts';

/** Many small results: the requests cost most. Few large ones: the rows do. */
const MANY = { results: 10_000, rowsEach: 100 };
const LARGE = { results: 1_000, rowsEach: 10_000 };
const PARTITION_BYTES = 1_000_000;

/** Summarize through the real function in its own process: 10,000 results, and 10 million rows. */
export async function run(): Promise<BenchResult> {
  const many = await summarize(MANY);
  const large = await summarize(LARGE);
  const what = ({ results, rowsEach }: typeof MANY) =>
    `Summarize ${results.toLocaleString('en-US')} results, ${(results * rowsEach).toLocaleString('en-US')} rows`;
  return {
    rows: [
      { what: what(MANY), value: `${many.seconds.toFixed(2)} s`, target: '< 5 s' },
      { what: 'its peak memory', value: `${many.peakMb} MB`, target: '< 256 MB' },
      { what: what(LARGE), value: `${large.seconds.toFixed(2)} s` },
      { what: 'its peak memory', value: `${large.peakMb} MB`, target: '< 256 MB' },
    ],
    figures: {
      summarize_10k_s: many.seconds,
      summarize_peak_mb: many.peakMb,
      summarize_10m_rows_s: large.seconds,
      summarize_10m_rows_peak_mb: large.peakMb,
    },
  };
}

/** Writes the results of a run to a runtime of its own and has them joined, cold. */
async function summarize({ results, rowsEach }: typeof MANY): Promise<{ seconds: number; peakMb: number }> {
  const runtime = await startLocalRuntime();
  try {
    const event = await putResults(runtime, results, rowsEach);
    const startedAt = performance.now();
    const answer = await new LambdaClient(runtime.client).send(
      new InvokeCommand({
        FunctionName: runtime.connection.functions.summarize,
        LogType: 'Tail',
        Payload: JSON.stringify(event),
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const result = JSON.parse(answer.Payload?.transformToString() ?? '{}') as { complete?: boolean };
    if (answer.FunctionError || !result.complete) throw new Error(`Summarize: ${JSON.stringify(result).slice(0, 500)}`);
    const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
    // The process's own high-water mark, Node included.
    return { seconds, peakMb: Number(/Max Memory Used: (\d+) MB/.exec(log)?.[1]) };
  } finally {
    await runtime.stop();
  }
}

async function putResults(runtime: LocalRuntime, results: number, rowsEach: number) {
  const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
  const put = (key: string, body: string | Uint8Array) =>
    s3.send(new PutObjectCommand({ Bucket: 'starmap', Key: key, Body: body }));
  const run = {
    id: 'bench',
    execution_arn: 'arn:aws:states:us-east-1:000000000000:execution:starmap:bench',
    bucket: 'starmap',
    result_path: 'results/bench',
    map_prefix: 'results/bench/map',
    model: { bucket: 'starmap', prefix: 'models/photoz' },
    batch_size: 512,
    world_size: results,
    data_bucket: 'starmap',
    data_prefix: 'datasets/bench',
    memory_mb: 2048,
    warnings: [],
  };
  const items = Array.from({ length: results }, (_, rank) => ({
    rank,
    partitions: [
      { bucket: 'starmap', key: `datasets/bench/${rank + 1}.safetensors`, size_bytes: PARTITION_BYTES, etag: 'x' },
    ],
  }));
  await put('results/bench/items.json', JSON.stringify(items));
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let item = queue.pop(); item; item = queue.pop()) {
        const key = item.partitions[0]?.key as string;
        const parquet = await predictions(key, item.rank, run.execution_arn, rowsEach);
        await put(`results/bench/predictions/${item.rank}.parquet`, parquet);
        await put(`results/bench/${item.rank}.json`, JSON.stringify(info(item.rank, key, run.execution_arn, rowsEach)));
      }
    }),
  );
  return {
    run,
    expected: {
      items: results,
      partitions: results,
      bytes: results * PARTITION_BYTES,
      samples: results * rowsEach,
    },
    items: { bucket: 'starmap', key: 'results/bench/items.json' },
  };
}

const columns: ParquetColumn[] = [
  { name: 'source', type: 'STRING' },
  { name: 'row', type: 'INT32' },
  { name: 'id', type: 'INT64' },
  { name: 'redshift_pred', type: 'FLOAT' },
  { name: 'redshift', type: 'FLOAT' },
];

/** A predictions file as the inference function writes it. */
async function predictions(source: string, rank: number, executionArn: string, rowsEach: number): Promise<Buffer> {
  const rows = Array.from({ length: rowsEach }, (_, row) => row);
  const about: PredictionsMetadata = {
    predicted: [{ column: 'redshift_pred', unit: null }],
    truth: [{ column: 'redshift_pred', truth: 'redshift', unit: null }],
    absent: [],
    execution_arn: executionArn,
  };
  const parts: Uint8Array[] = [];
  const inMemory = {
    write: async (bytes: Uint8Array | string) => void parts.push(Buffer.from(bytes)),
    finish: async () => undefined,
    abort: async () => undefined,
  };
  const file = writeParquet(inMemory, columns, about, { plain: true });
  // Numbers with all their digits, as a model gives them: they cost most as text and do not compress.
  const truth = Float32Array.from(rows, () => Math.random() * 3);
  const values = [
    rows.map(() => source),
    Int32Array.from(rows),
    BigInt64Array.from(rows, (row) => 1_237_645_879_551_000_000n + BigInt(rank * rowsEach + row)),
    truth.map((t) => t + (Math.random() - 0.5) * 0.1),
    truth,
  ];
  await file.append(values, rowsEach);
  await file.finish();
  return Buffer.concat(parts);
}

function info(rank: number, key: string, executionArn: string, rowsEach: number) {
  return {
    'total_cpu_time (seconds)': 1,
    'total_cpu_memory (MB)': 100,
    'execution_time (seconds/batch)': 1,
    num_batches: 1,
    batch_size: 512,
    device: 'cpu',
    throughput_bps: 8e6,
    sample_persec: 100,
    result_path: 'results/bench',
    data_path: key,
    rank,
    data_paths: [key],
    samples: rowsEach,
    bytes: PARTITION_BYTES,
    execution_arn: executionArn,
    predictions_key: `results/bench/predictions/${rank}.parquet`,
  };
}
