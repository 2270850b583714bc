import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { childEnvironment } from '../aws/child-environment.ts';
import { listObjects } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { isPartitionKey, splitId } from '../domain/keys.ts';
import { DEFAULT_CHECK_BATCH, type ModelCheck, type ModelCheckRequest, modelCheck } from '../domain/model-check.ts';
import { comparePartitionKeys } from '../domain/partition-order.ts';
import { projectFolder } from '../env.ts';

/** A check takes seconds; one that hangs (in a script of the package) is ended. */
const LONGEST_MS = 600_000;

interface CheckTarget {
  /** A folder of this machine, or the id of an installed package, `<bucket>/<prefix>`. */
  model: { folder: string } | { id: string };
  /** A partition file of this machine, or a dataset, `<bucket>/<prefix>`, of which the first partition is taken. */
  data?: { file: string } | { dataset: string };
  batchSize?: number;
  signal?: AbortSignal;
}

/**
 * Runs a model package on one partition with the code of the inference function, in a process of its own, and says
 * everything that does not fit; without data, how far it goes without. The package's script, if it has one, runs on
 * this machine.
 */
export async function checkModel({
  model,
  data,
  batchSize = DEFAULT_CHECK_BATCH,
  signal,
}: CheckTarget): Promise<ActionResult<ModelCheck>> {
  const at = 'id' in model ? splitId(model.id) : { folder: resolve(model.folder) };
  if (!at) return refuse('model', `"${'id' in model ? model.id : ''}" is no model package: give <bucket>/<folder>.`);
  const partition = await findPartition(data);
  if (typeof partition === 'string') return refuse('data', partition);
  const request: ModelCheckRequest = { model: at, partition, batchSize };
  const isLocal = 'folder' in at && (partition === null || 'file' in partition);
  // The region is asked for even where nothing is fetched.
  const env = isLocal ? { AWS_REGION: 'us-east-1' } : await childEnvironment();
  return { ok: true, value: await runChecker(request, env, signal) };
}

async function findPartition(data: CheckTarget['data']): Promise<ModelCheckRequest['partition'] | string> {
  if (!data) return null;
  if ('file' in data) {
    const file = resolve(data.file);
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? { file } : `There is no file ${data.file}.`;
  }
  const at = splitId(data.dataset);
  if (!at) return `"${data.dataset}" is no dataset: give <bucket>/<prefix>.`;
  const keys: string[] = [];
  for await (const { key } of listObjects(at.bucket, `${at.prefix}/`, { delimiter: '/' }))
    if (isPartitionKey(key)) keys.push(key);
  const [key] = keys.sort(comparePartitionKeys);
  return key === undefined
    ? `There is no partition file in s3://${at.bucket}/${at.prefix}/.`
    : { bucket: at.bucket, key };
}

async function runChecker(
  request: ModelCheckRequest,
  env: Record<string, string>,
  signal: AbortSignal = AbortSignal.timeout(LONGEST_MS),
): Promise<ModelCheck> {
  const checker = join(projectFolder('lambdas'), 'inference', 'check.ts');
  const child = spawn(process.execPath, [checker, JSON.stringify(request)], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-20_000);
  });
  const { code, signal: killedBy } = await new Promise<{ code: number | null; signal: string | null }>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal }));
  });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (code === 0 && line) return modelCheck.parse(JSON.parse(line));
  // ONNX Runtime or a script may bring the process down: then that is the finding.
  const words = stderr.trim().split('\n').slice(-5).join('\n') || 'it said nothing';
  const message = `the process that ran the model ended with ${killedBy ?? `code ${code}`}: ${words}`;
  return {
    name: null,
    findings: [{ severity: 'error', about: 'model', message }],
    inputs: [],
    outputs: [],
    loadMs: null,
    peakRssMb: 0,
    trial: null,
  };
}

function refuse(field: string, message: string): ActionResult<never> {
  return { ok: false, message, fieldErrors: { [field]: message } };
}
