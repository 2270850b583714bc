import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { writeParquet } from '../lambdas/parquet-file.ts';
import type { PredictionsMetadata } from '../lambdas/predictions-metadata.ts';
import { startLocalRuntime } from './local-runtime.ts';
import type { BenchResult } from './result.ts';

const RESULTS = 10_000;
const ROWS_EACH = 100;

/** Summarize over 10,000 results with 100 predictions each, through the real function in its own process. */
export async function run(): Promise<BenchResult> {
  const runtime = await startLocalRuntime();
  try {
    const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
    const put = (key: string, body: string | Uint8Array) =>
      s3.send(new PutObjectCommand({ Bucket: 'starmap', Key: key, Body: body }));
    const context = {
      id: 'bench',
      execution_arn: 'arn:aws:states:us-east-1:000000000000:execution:starmap:bench',
      bucket: 'starmap',
      result_path: 'results/bench',
      map_prefix: 'results/bench/map',
      model: { bucket: 'starmap', prefix: 'models/photoz' },
      batch_size: 512,
      world_size: RESULTS,
      data_bucket: 'starmap',
      data_prefix: 'datasets/bench',
      memory_mb: 2048,
      warnings: [],
    };
    const items = Array.from({ length: RESULTS }, (_, rank) => ({
      rank,
      partitions: [
        { bucket: 'starmap', key: `datasets/bench/${rank + 1}.safetensors`, size_bytes: 1_000_000, etag: 'x' },
      ],
    }));
    await put('results/bench/items.json', JSON.stringify(items));
    const queue = [...items];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let item = queue.pop(); item; item = queue.pop()) {
          const key = item.partitions[0]?.key as string;
          const parquet = await predictions(key, item.rank, context.execution_arn);
          await put(`results/bench/predictions/${item.rank}.parquet`, parquet);
          await put(`results/bench/${item.rank}.json`, JSON.stringify(info(item.rank, key, context.execution_arn)));
        }
      }),
    );
    const lambda = new LambdaClient(runtime.client);
    const startedAt = performance.now();
    const answer = await lambda.send(
      new InvokeCommand({
        FunctionName: runtime.connection.functions.summarize,
        LogType: 'Tail',
        Payload: JSON.stringify({
          run: context,
          expected: { items: RESULTS, partitions: RESULTS, bytes: RESULTS * 1_000_000, samples: RESULTS * ROWS_EACH },
          items: { bucket: 'starmap', key: 'results/bench/items.json' },
        }),
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const result = JSON.parse(answer.Payload?.transformToString() ?? '{}') as { complete?: boolean };
    if (answer.FunctionError || !result.complete) throw new Error(`Summarize: ${JSON.stringify(result).slice(0, 500)}`);
    const memory = Number(
      /Max Memory Used: (\d+) MB/.exec(Buffer.from(answer.LogResult ?? '', 'base64').toString())?.[1],
    );
    return {
      rows: [
        {
          what: `Summarize ${RESULTS.toLocaleString('en-US')} results, ${(RESULTS * ROWS_EACH).toLocaleString('en-US')} rows`,
          value: `${seconds.toFixed(2)} s`,
          target: '< 5 s',
        },
        { what: 'its peak memory', value: `${memory} MB`, target: '< 256 MB' },
      ],
      figures: { summarize_10k_s: seconds, summarize_peak_mb: memory },
    };
  } finally {
    await runtime.stop();
  }
}

/** A predictions file as the inference function writes it. */
async function predictions(source: string, rank: number, executionArn: string): Promise<Buffer> {
  const rows = Array.from({ length: ROWS_EACH }, (_, row) => row);
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
  const file = writeParquet(
    inMemory,
    [
      { name: 'source', type: 'STRING' },
      { name: 'row', type: 'INT32' },
      { name: 'id', type: 'INT64' },
      { name: 'redshift_pred', type: 'FLOAT' },
      { name: 'redshift', type: 'FLOAT' },
    ],
    about,
    ROWS_EACH,
  );
  const columns = [
    rows.map(() => source),
    Int32Array.from(rows),
    BigInt64Array.from(rows, (row) => BigInt(rank * ROWS_EACH + row)),
    Float32Array.from(rows, (row) => row / ROWS_EACH),
    Float32Array.from(rows, (row) => (row + 1) / ROWS_EACH),
  ];
  await file.append(columns, ROWS_EACH);
  await file.finish();
  return Buffer.concat(parts);
}

function info(rank: number, key: string, executionArn: string) {
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
    samples: ROWS_EACH,
    bytes: 1_000_000,
    execution_arn: executionArn,
    predictions_key: `results/bench/predictions/${rank}.parquet`,
  };
}
