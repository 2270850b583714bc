import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type { Faults } from '../infra/local/faults.ts';
import { createHttpServer } from '../infra/local/http.ts';
import { openObjectStore } from '../infra/local/s3/store.ts';
import type { Plan, WorkItem } from '../lib/domain/plan.ts';
import type { RunSummary } from '../lib/domain/run-summary.ts';

/** What Lambda tells a handler. */
export const context = {
  awsRequestId: 'request-1',
  logGroupName: '/aws/lambda/x',
  logStreamName: 'stream',
  memoryLimitInMB: '2048',
  getRemainingTimeInMillis: () => 900_000,
};

export const testdata = (name: string) => new Uint8Array(readFileSync(new URL(`./testdata/${name}`, import.meta.url)));

/**
 * The three handlers against the local runtime's S3, with a model small enough to be checked by hand (mean of the image +
 * 0.01 x first magnitude) and data files written by numpy and safetensors (testdata/make.py).
 */
export async function startHandlers() {
  const faults: Faults = { throttle: {} };
  /** Decides which requests the fault injector disturbs. */
  const chance = { next: () => 0.9 };
  const dir = mkdtempSync(path.join(tmpdir(), 'starmap-lambdas-'));
  const objects = openObjectStore(dir);
  await objects.createBucket('starmap');
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  const lambda = () => Promise.reject(new Error('no Lambda here'));
  const settings = { credentials, faults, random: () => chance.next() };
  const server = createHttpServer({ objects, states: {}, logs: {}, lambda }, settings);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    INFERENCE_FUNCTIONS: JSON.stringify({
      2048: 'arn:aws:lambda:us-east-1:000000000000:function:starmap-inference-2048',
    }),
    DEFAULT_MEMORY_MB: '2048',
    STARMAP_THREADS: '1',
  });
  // They look at the environment when they are loaded.
  const { handler: initialize } = await import('./initialize/handler.ts');
  const { handler: infer } = await import('./inference/handler.ts');
  const { handler: summarize } = await import('./summarize/handler.ts');
  let count = 0;
  const newDataset = () => `datasets/d${++count}`;

  const put = (key: string, body: string | Uint8Array) => objects.putObject('starmap', key, body);
  const read = async (key: string) => Buffer.concat(await (await objects.getObject('starmap', key)).body.toArray());
  const readJson = async <T>(key: string) => JSON.parse((await read(key)).toString()) as T;
  const exists = async (key: string) => {
    const { objects: found } = await objects.listObjects('starmap', { prefix: key });
    return found.some((object) => object.key === key);
  };

  async function putModel(folder: string, changes: Record<string, unknown> = {}, image: Record<string, unknown> = {}) {
    const manifest = {
      version: 1,
      name: 'tiny',
      onnx: 'model.onnx',
      inputs: [
        { name: 'image', tensor: 'image', ...image },
        { name: 'magnitude', tensor: 'magnitude' },
      ],
      outputs: [{ name: 'redshift', column: 'redshift_pred' }],
      id: 'id',
      truth: [{ column: 'redshift_pred', tensor: 'redshift' }],
      ...changes,
    };
    await put(`${folder}/model.json`, JSON.stringify(manifest));
    await put(`${folder}/model.onnx`, testdata('tiny.onnx'));
  }

  /** Puts files of testdata into a folder of their own as `1.ext, 2.ext, …`. */
  async function putDataset(...files: (string | Uint8Array)[]): Promise<string> {
    const folder = newDataset();
    for (const [i, file] of files.entries()) {
      const extension = typeof file === 'string' ? file.split('.').at(-1) : 'safetensors';
      await put(`${folder}/${i + 1}.${extension}`, typeof file === 'string' ? testdata(file) : file);
    }
    return folder;
  }

  const plan = (dataPrefix: string, changes: Record<string, unknown> = {}, arn = `arn:execution:${++count}`) =>
    initialize({
      input: {
        bucket: 'starmap',
        batch_size: '3',
        S3_object_name: 'models/tiny',
        result_path: `results/${count}`,
        data_bucket: 'starmap',
        data_prefix: dataPrefix,
        ...changes,
      },
      execution: { arn, name: 'test', start_time: '2026-11-23T00:00:00Z' },
    });
  const itemsOf = ({ items }: Plan) => readJson<WorkItem[]>(items.key);
  const inferItem = (planned: Plan, item: WorkItem) =>
    infer({ ...item, run: planned.run, function: planned.inference_function }, context);
  const summary = ({ run, expected: counts, items }: Plan, failure?: unknown) =>
    summarize({ run, expected: counts, items, failure });
  const summaryOf = (planned: Plan) => readJson<RunSummary>(`${planned.run.result_path}/summary.json`);

  async function runAll(dataPrefix: string, changes: Record<string, unknown> = {}): Promise<Plan> {
    const planned = await plan(dataPrefix, changes);
    for (const item of await itemsOf(planned)) await inferItem(planned, item);
    await summary(planned);
    return planned;
  }

  /** The one item of a run over one file. */
  async function inferOne(file: string | Uint8Array, changes: Record<string, unknown> = {}) {
    const planned = await plan(await putDataset(file), changes);
    const [item] = await itemsOf(planned);
    return { planned, item: item as WorkItem, run: () => inferItem(planned, item as WorkItem) };
  }

  async function predictions(key: string): Promise<Record<string, unknown>[]> {
    const bytes = await read(key);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return parquetReadObjects({ file });
  }

  await putModel('models/tiny');
  return {
    dir,
    faults,
    chance,
    objects,
    infer,
    put,
    read,
    readJson,
    exists,
    putModel,
    newDataset,
    putDataset,
    plan,
    itemsOf,
    inferItem,
    summary,
    summaryOf,
    runAll,
    inferOne,
    predictions,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      objects.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
