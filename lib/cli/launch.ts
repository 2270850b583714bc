import type { LaunchForm } from '../domain/experiment.ts';
import { plural } from '../domain/format.ts';
import { getBackend } from '../server/backend.ts';
import { launchExperiment } from '../server/launch.ts';
import { accepted } from './accepted.ts';
import { sizeOption } from './size-option.ts';
import { watch } from './watch.ts';

interface LaunchOptions {
  dataset: string[];
  name: string;
  question: string;
  size: string[];
  batch: string[];
  memory: string[];
  model: string;
  concurrency: string;
  workers?: string;
  tolerate: string;
  repeats: string;
  wait?: boolean;
  json?: boolean;
}

const optionOf: Record<keyof LaunchForm, string> = {
  name: '--name',
  question: '--question',
  datasets: '--dataset',
  dataSizesBytes: '--size',
  batchSizes: '--batch',
  model: '--model',
  memoriesMb: '--memory',
  maxConcurrency: '--concurrency',
  worldSize: '--workers',
  toleratedFailurePercentage: '--tolerate',
  repeats: '--repeats',
};

/** `starmap launch`: the launch form, from a terminal; the same validation answers. */
export async function launch(options: LaunchOptions): Promise<void> {
  const launched = accepted(
    await launchExperiment({
      name: options.name,
      question: options.question,
      datasets: options.dataset,
      dataSizesBytes: options.size.map((text) => (text === 'all' ? null : sizeOption('--size', text))),
      batchSizes: options.batch.map(Number),
      model: options.model,
      memoriesMb: options.memory.length > 0 ? options.memory.map(Number) : [(await getBackend()).defaultMemoryMb],
      maxConcurrency: Number(options.concurrency),
      worldSize: options.workers === undefined ? null : Number(options.workers),
      toleratedFailurePercentage: Number(options.tolerate),
      repeats: Number(options.repeats),
    }),
    optionOf,
  );
  if (!options.json) for (const warning of launched.warnings) console.error(`Warning: ${warning}`);
  if (options.wait) return watch(launched.experimentId, options);
  if (options.json) console.log(JSON.stringify(launched));
  else
    console.log(
      `Experiment ${launched.experimentId}: ${plural(launched.runIds.length, 'run')} queued. Follow it: npm run starmap -- watch ${launched.experimentId}`,
    );
}
