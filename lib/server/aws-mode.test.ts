import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { deployToMoto, MOTO_KEYS, MOTO_REGION, type Moto, motoAbsent, startMoto } from '../aws/moto.fixture.ts';
import { connection } from '../connection.ts';
import { database } from '../db/database.ts';
import type { ActionResult } from '../domain/action-result.ts';
import type { AwsInput } from '../domain/connection-settings.ts';
import type { LaunchFormInput } from '../domain/experiment.ts';
import { mapPrefix } from '../domain/keys.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunDetail, RunStatus } from '../domain/run.ts';
import { projectFolder } from '../env.ts';
import { getBackend } from './backend.ts';
import { chooseAws, chooseLocal, findStacksOf } from './connection-settings.ts';
import { elsewhere } from './elsewhere.ts';
import { getRun } from './get-run.ts';
import { installModel } from './install-model.ts';
import { launchExperiment } from './launch.ts';
import { listDatasets } from './list-datasets.ts';
import { listRunItems } from './list-run-items.ts';
import { makeDataset } from './make-dataset.ts';
import { readPlan } from './read-results.ts';
import { openResult, resultPreview } from './results.ts';
import { stopRun } from './stop-run.ts';
import { startWatcher, type Watcher } from './watch.ts';
import { getWorkflow } from './workflow.ts';

// The dashboard's AWS mode against moto: found by its stack, a dataset and a model uploaded, a run launched, watched to
// its end, its results read; another stopped; another left alone while other services are in use.
//
// moto runs no function without Docker. Initialize, inference and Summarize are run by this test before the run starts
// (the bundles that are deployed, reading and writing moto's S3); moto's Step Functions gets their answers when the
// workflow calls them. The workflow is infra/state-machine.asl.json but for what moto lacks, see `forMoto`. What moto
// cannot show (children listed, failed children, redrive, logs of functions) is shown against the local runtime.

const STACK = 'Starmap';
const home = mkdtempSync(path.join(tmpdir(), 'starmap-aws-mode-'));
let moto: Moto;
let local: RuntimeProcess;
let watcher: Watcher | undefined;
let choice: AwsInput;

describe.skipIf(motoAbsent !== null)(motoAbsent ? `AWS mode (skipped: ${motoAbsent})` : 'AWS mode', () => {
  beforeAll(async () => {
    for (const name of Object.keys(process.env)) if (/^(STARMAP_|AWS_)/.test(name)) vi.stubEnv(name, undefined);
    vi.stubEnv('STARMAP_HOME', home);
    moto = await startMoto();
    await deployToMoto(moto, STACK);
    vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
    vi.stubEnv('AWS_CONFIG_FILE', path.join(home, 'no-config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(home, 'credentials'));
    writeFileSync(
      path.join(home, 'credentials'),
      `[lab]\naws_access_key_id = ${MOTO_KEYS.accessKeyId}\naws_secret_access_key = ${MOTO_KEYS.secretAccessKey}\n`,
    );
    const account = { region: MOTO_REGION, profile: 'lab', roleArn: '' };
    const [stack] = accepted(await findStacksOf(account));
    choice = { ...account, stackName: stack?.name ?? '', outputs: stack?.outputs ?? {} };
    accepted(await chooseAws(choice));
    local = await startRuntimeProcess();
    copyFileSync(path.join(local.home, 'connection.json'), path.join(home, 'connection.json'));
  });

  afterAll(async () => {
    await watcher?.stop();
    await (await database()).close();
    await moto?.stop();
    await local?.remove();
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  test('the stack is in use: found by its outputs, answering, its workflow drawn', async () => {
    expect(await getBackend()).toMatchObject({
      kind: 'aws',
      label: `AWS ${MOTO_REGION} · lab`,
      reachable: true,
      problem: null,
      bucket: 'starmap-data',
      memoriesMb: [2048],
    });
    expect((await getWorkflow()).nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['Initialize', 'Infer', 'InferItem', 'Summarize']),
    );
  });

  test('a run, from launch to results', async () => {
    await uploadInputs();
    expect((await listDatasets()).map(({ id }) => id)).toEqual(['starmap-data/datasets/small']);
    const id = await launch();
    await prepare(id);
    watcher = startWatcher();
    const run = await ended(id);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      completeness: 'COMPLETE',
      executionArn: `arn:aws:states:${MOTO_REGION}:123456789012:execution:${STACK}:${id}`,
      counts: { total: 3, succeeded: 3, failed: 0 },
      states: {
        Initialize: { status: 'SUCCEEDED' },
        Infer: { status: 'SUCCEEDED' },
        Summarize: { status: 'SUCCEEDED' },
      },
      error: null,
      cause: null,
    });
    expect(run.mapRunArn).toContain(`:mapRun:${STACK}/Infer:`);
    const items = await listRunItems(id);
    expect(items.rows.map(({ rank, status }) => [rank, status])).toEqual([0, 1, 2].map((rank) => [rank, 'SUCCEEDED']));
    const preview = await resultPreview(id);
    expect(preview?.total).toBe(3);
    expect(preview?.predictions?.rows.length).toBeGreaterThan(0);
    const csv = await openResult(id, 'predictions.csv');
    expect(Buffer.byteLength(await new Response(csv?.body).text())).toBe(csv?.sizeBytes);
    expect(elsewhere(run)).toBeNull();
  });

  test('a running run is stopped', async () => {
    await define((workflow) => {
      workflow.States.Hold = { Type: 'Wait', Seconds: 300, Next: workflow.StartAt };
      workflow.StartAt = 'Hold';
    });
    const id = await launch();
    await until(id, ({ executionArn }) => executionArn !== null);
    expect(await stopRun(id)).toEqual({ ok: true, value: null });
    expect(await ended(id)).toMatchObject({ status: 'STOPPED', completeness: 'INCOMPLETE' });
  });

  test('while the local runtime is in use a run on AWS waits, untouched; back on AWS it goes on', async () => {
    const id = await launch();
    await until(id, ({ executionArn }) => executionArn !== null);
    const waiting = await launch();

    accepted(await chooseLocal());
    expect(connection().kind).toBe('local');
    await uploadInputs();
    // The watcher does its work on the local runtime meanwhile.
    const here = await ended(await launch());
    expect(here.executionArn).toContain(':000000000000:');
    const there = await getRun(id);
    expect(there).toMatchObject({ status: 'RUNNING', error: null });
    expect(await getRun(waiting)).toMatchObject({ status: 'QUEUED', executionArn: null });
    const words = `This run lives on AWS ${MOTO_REGION}, account 123456789012.`;
    expect(there && elsewhere(there)).toContain(words);
    expect(await stopRun(id)).toMatchObject({ ok: false, message: expect.stringContaining(words) });
    await expect(openResult(id, 'predictions.csv')).rejects.toThrow(words);

    accepted(await chooseAws(choice));
    expect(elsewhere(here)).toContain('This run lives on the local runtime.');
    expect(await stopRun(waiting)).toEqual({ ok: true, value: null });
    expect(await stopRun(id)).toEqual({ ok: true, value: null });
    expect((await ended(id)).status).toBe('STOPPED');
  });

  test('the key is in none of the files of the state folder', () => {
    const files = readdirSync(home, { withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name !== 'credentials',
    );
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['aws.json', 'settings.json', 'starmap.db']));
    for (const { name } of files)
      expect(readFileSync(path.join(home, name)).includes(MOTO_KEYS.secretAccessKey), name).toBe(false);
  });
});

function accepted<T>(result: ActionResult<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}

/** A dataset of three partitions and the model, by the dashboard's own use cases. */
async function uploadInputs(): Promise<void> {
  const { bucket } = connection();
  await installModel(projectFolder('lambdas/models/photoz'), { bucket, prefix: 'models/photoz' });
  const sizes = { sizeBytes: 750_000, partitionSizeBytes: 250_000 };
  accepted(await makeDataset({ bucket, prefix: 'datasets/small', ...sizes, seed: 1, overwrite: true }));
}

async function launch(): Promise<string> {
  const { bucket } = connection();
  const form: LaunchFormInput = {
    name: 'AWS mode',
    datasets: [`${bucket}/datasets/small`],
    dataSizesBytes: [null],
    batchSizes: [16],
    model: `${bucket}/models/photoz`,
    memoriesMb: [2048],
    maxConcurrency: 1,
    repeats: 1,
  };
  return accepted(await launchExperiment(form)).runIds[0] ?? '';
}

/** Runs the three functions for a queued run, and tells moto what they answered. */
async function prepare(id: string): Promise<void> {
  const run = await getRun(id);
  if (!run) throw new Error(`run ${id} is gone`);
  const arn = `${connection().stateMachineArn.replace(':stateMachine:', ':execution:')}:${id}`;
  const execution = { arn, name: id, start_time: new Date().toISOString() };
  const plan = (await invoke('initialize', { input: run.input, execution })) as Plan;
  const items = (await readPlan(run)) ?? [];
  const inferred = [];
  for (const item of items)
    inferred.push(await invoke('inference', { ...item, run: plan.run, function: plan.inference_function }));
  const summary = await invoke('summarize', { run: plan.run, expected: plan.expected, items: plan.items });
  await moto.answer([plan, ...inferred, summary]);
  await define(() => {}, run);
}

/**
 * Runs a deployed bundle as Lambda would: a process of its own, AWS's variables, killed in the end. To exit would end threads
 * that may be loading ONNX Runtime, which aborts (session-thread.ts).
 */
async function invoke(name: string, event: object): Promise<unknown> {
  const context = {
    awsRequestId: crypto.randomUUID(),
    functionName: `${STACK}-${name}`,
    memoryLimitInMB: '2048',
    logGroupName: `/aws/lambda/${STACK}-${name}`,
    logStreamName: 'test',
  };
  const script = `
    const { writeFileSync } = await import('node:fs');
    const { handler } = await import(${JSON.stringify(path.resolve(`dist/lambdas/${name}/index.mjs`))});
    const context = { ...${JSON.stringify(context)}, getRemainingTimeInMillis: () => 60_000 };
    const answer = await handler(${JSON.stringify(event)}, context);
    writeFileSync(${JSON.stringify(path.join(home, `${name}.json`))}, JSON.stringify(answer));
    process.kill(process.pid, 'SIGKILL');`;
  const { functions } = connection();
  const file = path.join(home, `${name}.mjs`);
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      NODE_ENV: 'production',
      AWS_REGION: MOTO_REGION,
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_ACCESS_KEY_ID: MOTO_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: MOTO_KEYS.secretAccessKey,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2048',
      INFERENCE_FUNCTIONS: JSON.stringify(functions.inference),
      DEFAULT_MEMORY_MB: '2048',
    },
  });
  const said = text(child.stderr);
  const [, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL') throw new Error(`${name}: ${await said}`);
  return JSON.parse(readFileSync(path.join(home, `${name}.json`), 'utf8'));
}

interface Workflow {
  StartAt: string;
  States: Record<string, object>;
}

/** Deploys the workflow anew, as moto can execute it for one run. */
async function define(change: (workflow: Workflow) => void, run?: RunDetail): Promise<void> {
  const workflow = forMoto(run);
  change(workflow);
  const { stateMachineArn } = connection();
  const client = new SFNClient(moto.client);
  await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(workflow) }));
}

/**
 * The deployed workflow without what moto cannot do: the answer of its Lambda has neither `SdkResponseMetadata` nor
 * `LogResult`, and its ResultWriter looks for its parameters in the result of the map instead of the state's input.
 */
function forMoto(run?: RunDetail): Workflow {
  const { functions } = connection();
  const text = readFileSync('infra/state-machine.asl.json', 'utf8')
    .replaceAll(/\$\{InitializeFunctionArn\}/g, functions.initialize ?? '')
    .replaceAll(/\$\{SummarizeFunctionArn\}/g, functions.summarize ?? '');
  const workflow = JSON.parse(text) as Workflow & {
    States: {
      Infer: {
        ItemProcessor: { States: { InferItem: { ResultSelector: Record<string, string> } } };
        ResultWriter: { Parameters: object };
      };
    };
  };
  const { ResultSelector } = workflow.States.Infer.ItemProcessor.States.InferItem;
  delete ResultSelector['request_id.$'];
  delete ResultSelector['log_tail.$'];
  if (run)
    workflow.States.Infer.ResultWriter.Parameters = { Bucket: run.resultBucket, Prefix: mapPrefix(run.resultPath) };
  return workflow;
}

async function until(id: string, reached: (run: RunDetail) => boolean): Promise<RunDetail> {
  return vi.waitUntil(
    async () => {
      const run = await getRun(id);
      return run && reached(run) && run;
    },
    { timeout: 90_000, interval: 50 },
  ) as Promise<RunDetail>;
}

const open: RunStatus[] = ['QUEUED', 'RUNNING'];
const ended = (id: string) => until(id, ({ status }) => !open.includes(status));
