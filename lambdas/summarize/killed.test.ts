import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpServer } from '../../infra/local/http.ts';
import { type ObjectStore, openObjectStore } from '../../infra/local/s3/store.ts';
import type { RunSummary } from '../../lib/domain/run-summary.ts';
import type { ParquetColumn } from '../parquet-columns.ts';
import { writeParquet } from '../parquet-file.ts';

// Summarize in a process of its own, which is killed while the joined predictions are being written.

const ITEMS = 40;
const ROWS = 10_000;
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const final = ['combined_data.json', 'predictions.csv', 'predictions.parquet', 'summary.json'];
let dir: string;
let objects: ObjectStore;
let server: Server;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'starmap-killed-'));
  objects = openObjectStore(dir);
  await objects.createBucket('starmap');
  const lambda = () => Promise.reject(new Error('no Lambda here'));
  server = createHttpServer({ objects, states: {}, logs: {}, lambda }, { credentials, faults: { throttle: {} } });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  for (let rank = 0; rank < ITEMS; rank++) await putResult(rank);
  await put(
    'items.json',
    JSON.stringify(Array.from({ length: ITEMS }, (_, rank) => ({ rank, partitions: [ref(rank)] }))),
  );
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  objects.close();
  rmSync(dir, { recursive: true, force: true });
});

const put = (name: string, body: string | Uint8Array) => objects.putObject('starmap', `results/r/${name}`, body);
const ref = (rank: number) => ({ bucket: 'starmap', key: `d/${rank}.safetensors`, size_bytes: 1, etag: 'x' });
const names = async () =>
  (await objects.listObjects('starmap', { prefix: 'results/r/' })).objects.map(({ key }) =>
    key.slice('results/r/'.length),
  );

async function putResult(rank: number): Promise<void> {
  const columns: ParquetColumn[] = [
    { name: 'source', type: 'STRING' },
    { name: 'row', type: 'INT32' },
    { name: 'z_pred', type: 'DOUBLE' },
  ];
  const parts: Uint8Array[] = [];
  const writer = {
    write: async (bytes: Uint8Array | string) => void parts.push(Buffer.from(bytes)),
    finish: async () => undefined,
    abort: async () => undefined,
  };
  const about = { predicted: [{ column: 'z_pred', unit: null }], truth: [], absent: [], execution_arn: 'arn:r' };
  const file = writeParquet(writer, columns, about, { plain: true });
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const values = [
    rows.map(() => ref(rank).key),
    Int32Array.from(rows),
    Float64Array.from(rows, (row) => Math.sin(row)),
  ];
  await file.append(values, ROWS);
  await file.finish();
  await put(`predictions/${rank}.parquet`, Buffer.concat(parts));
  const record = {
    'total_cpu_time (seconds)': 1,
    'total_cpu_memory (MB)': 1,
    'execution_time (seconds/batch)': 1,
    num_batches: 1,
    batch_size: 1,
    device: 'cpu',
    throughput_bps: 1,
    sample_persec: 1,
    result_path: 'results/r',
    data_path: ref(rank).key,
    data_paths: [ref(rank).key],
    rank,
    samples: ROWS,
    bytes: 1,
    execution_arn: 'arn:r',
  };
  await put(`${rank}.json`, JSON.stringify(record));
}

/** Starts Summarize of the run. */
function startSummarize() {
  const run = {
    id: 'r',
    execution_arn: 'arn:r',
    bucket: 'starmap',
    result_path: 'results/r',
    map_prefix: 'results/r/map',
    model: { bucket: 'starmap', prefix: 'models/x' },
    batch_size: 1,
    world_size: ITEMS,
    data_bucket: 'starmap',
    data_prefix: 'd',
    memory_mb: 2048,
    warnings: [],
  };
  const expected = { items: ITEMS, partitions: ITEMS, bytes: ITEMS, samples: ITEMS * ROWS };
  const event = { run, expected, items: { bucket: 'starmap', key: 'results/r/items.json' } };
  const handler = fileURLToPath(new URL('./handler.ts', import.meta.url));
  const program = `import(${JSON.stringify(handler)}).then(async ({ handler }) => {
    await handler(${JSON.stringify(event)});
    process.exit(0);
  });`;
  return spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
}

test('killed while it writes, Summarize leaves nothing under a final name; the next attempt is whole', async () => {
  const child = startSummarize();
  const killAt = ({ url = '' }: IncomingMessage) => {
    if (url.includes('predictions.csv') && url.includes('partNumber=2')) child.kill('SIGKILL');
  };
  // Large bodies wait to be asked for.
  server.on('request', killAt).on('checkContinue', killAt);
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  expect((await names()).filter((name) => final.includes(name))).toEqual([]);

  const again = startSummarize();
  expect((await once(again, 'exit'))[0]).toBe(0);
  expect(await names()).toEqual(expect.arrayContaining(final));
  const body = (await objects.getObject('starmap', 'results/r/summary.json')).body;
  const summary = JSON.parse(Buffer.concat(await body.toArray()).toString()) as RunSummary;
  expect(summary).toMatchObject({ rows: ITEMS * ROWS, completeness: { complete: true } });
  expect(summary.predicted?.[0]).toMatchObject({ n: ITEMS * ROWS, not_a_number: 0 });
});
