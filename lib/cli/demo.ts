import { backendInUse } from '../connection.ts';
import type { LaunchFormInput } from '../domain/experiment.ts';
import type { RunRow } from '../domain/run.ts';
import { env } from '../env.ts';
import { launchExperiment } from '../server/launch.ts';
import { findDataset } from '../server/list-datasets.ts';
import { accepted } from './accepted.ts';
import { build } from './build.ts';
import { makeWithBar } from './dataset.ts';
import { readBack } from './read-back.ts';
import { runningStack, type Stack } from './stack.ts';
import { startAll, untilStopped } from './start.ts';
import { UserError } from './user-error.ts';
import { follow, isComplete } from './watch.ts';

const BUCKET = 'starmap';
const MODEL = `${BUCKET}/models/photoz`;
const PARTITION_SIZES_MB = [5, 10];
const DATASET_MB = 80;

/** `npm run demo`: from nothing to filled charts. */
export async function demo(options: { exit: boolean }): Promise<void> {
  const startedAt = performance.now();
  if (backendInUse() === 'aws')
    throw new UserError(
      'The demo runs on the local runtime, but AWS is in use: choose Local in Settings, or start it as STARMAP_BACKEND=local npm run demo.',
    );
  await build((step) => console.error(`· ${step}`));
  const already = runningStack(env().home);
  const stack: Stack | undefined = already ? undefined : await startAll();
  const url = stack?.url ?? already?.url ?? '';
  try {
    console.error(`Starmap is at ${url}`);
    for (const partitionMb of PARTITION_SIZES_MB) await demoDataset(partitionMb);
    const runs: RunRow[] = [];
    for (const form of demoExperiments()) {
      console.error(`${form.name}`);
      const { experimentId } = accepted(await launchExperiment(form));
      runs.push(...(await follow(experimentId)));
    }
    await report(runs, options.exit);
    console.error(
      `Done in ${Math.round((performance.now() - startedAt) / 1000)} s. The charts are filled: ${url}/compare`,
    );
  } catch (error) {
    await stack?.stop();
    throw error;
  }
  if (options.exit || !stack) {
    await stack?.stop();
    process.exit(process.exitCode ?? 0);
  }
  console.log(`Open ${url}   (Ctrl+C stops Starmap; npm start starts it again)`);
  await untilStopped(stack);
}

/** The two sweeps of the published figures, small enough for two cores. */
function demoExperiments(): LaunchFormInput[] {
  const datasets = PARTITION_SIZES_MB.map((mb) => `${BUCKET}/${prefixOf(mb)}`);
  const common = { model: MODEL, memoriesMb: [2048], maxConcurrency: 0, repeats: 2, datasets };
  return [
    {
      ...common,
      name: 'Demo: data size',
      question: 'How do inference time, throughput and cost grow with the data?',
      dataSizesBytes: [20e6, 40e6, 60e6, 80e6],
      batchSizes: [512],
    },
    {
      ...common,
      name: 'Demo: batch size',
      question: 'Which batch size is fastest?',
      dataSizesBytes: [40e6],
      batchSizes: [32, 64, 128, 256, 512],
    },
  ];
}

const prefixOf = (partitionMb: number) => `datasets/sdss-${partitionMb}MB`;

async function demoDataset(partitionMb: number): Promise<void> {
  const prefix = prefixOf(partitionMb);
  if ((await findDataset(`${BUCKET}/${prefix}`))?.manifest) return;
  await makeWithBar({
    bucket: BUCKET,
    prefix,
    sizeBytes: DATASET_MB * 1e6,
    partitionSizeBytes: partitionMb * 1e6,
    seed: 1,
    overwrite: true,
  });
}

/** Says how it went; with `strict` also reads each run's files back and sets the exit code. */
async function report(runs: RunRow[], strict: boolean): Promise<void> {
  const problems = runs
    .filter((run) => !isComplete(run))
    .map((run) => `${run.id}: ${run.status} ${run.completeness} ${run.cause ?? ''}`);
  if (strict) for (const run of runs.filter(isComplete)) problems.push(...(await readBack(run)));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else
    console.error(
      `${runs.length} of ${runs.length} runs COMPLETE${strict ? '; combined_data.json, predictions.csv and predictions.parquet of each read back' : ''}`,
    );
}
