import type { Dataset } from './dataset.ts';
import { datasetKind, shortId } from './dataset-name.ts';
import { type LaunchForm, MAX_RUNS } from './experiment.ts';
import type { RunSettings } from './run.ts';
import type { RunInput } from './run-input.ts';

/** A dataset with its partition files in the order in which a run takes them. */
export interface SweepDataset {
  dataset: Dataset;
  files: { key: string; sizeBytes: number }[];
}

export interface Sweep {
  settings: RunSettings[];
  /** What the user should know; the sweep can be launched all the same. */
  warnings: string[];
  /** Form field → what is wrong with it; not empty = cannot be launched. */
  fieldErrors: Record<string, string>;
}

/**
 * One setting per run: the product of datasets, data sizes, batch sizes and memories, each repeated. A whole round goes
 * through all settings before the next repeat begins, so that slow drift (a warming machine, a busy evening) falls on
 * all of them alike.
 */
export function expandSweep(form: LaunchForm, datasets: SweepDataset[]): Sweep {
  const sweep: Sweep = { settings: [], warnings: [], fieldErrors: {} };
  const portions = datasets.flatMap((each) => portionsOf(each, unique(form.dataSizesBytes), sweep));
  const batchSizes = unique(form.batchSizes);
  const memoriesMb = unique(form.memoriesMb);
  const runs = portions.length * batchSizes.length * memoriesMb.length * form.repeats;
  if (runs > MAX_RUNS)
    sweep.fieldErrors.repeats = `This sweep has ${runs.toLocaleString('en-US')} runs; an experiment may have ${MAX_RUNS}. Take fewer values or repeats.`;
  if (Object.keys(sweep.fieldErrors).length > 0) return sweep;
  for (let repeat = 1; repeat <= form.repeats; repeat++)
    for (const portion of portions)
      for (const batchSize of batchSizes)
        for (const memoryMb of memoriesMb)
          sweep.settings.push({
            ...portion,
            batchSize,
            memoryMb,
            maxConcurrency: form.maxConcurrency,
            worldSize: form.worldSize,
            toleratedFailurePercentage: form.toleratedFailurePercentage,
            modelId: form.model,
            repeat,
          });
  const fewest = Math.min(...portions.map((portion) => portion.partitions));
  if (form.worldSize !== null && form.worldSize > fewest)
    sweep.warnings.push(
      `A run with ${count(fewest, 'partition')} has work for ${fewest} of the ${form.worldSize.toLocaleString('en-US')} workers only.`,
    );
  return sweep;
}

/** Jobs of the map: partitions, or fewer where the work is spread over fewer workers. */
export function itemCount(settings: RunSettings): number {
  return Math.min(settings.worldSize ?? settings.partitions, settings.partitions);
}

/** The input of the execution that does what the settings say. */
export function toRunInput(
  settings: RunSettings,
  model: { bucket: string; prefix: string },
  run: { id: string; experimentId: string; bucket: string; resultPath: string },
): RunInput {
  return {
    bucket: run.bucket,
    file_limit: settings.partitions,
    batch_size: settings.batchSize,
    object_type: 'folder',
    S3_object_name: model.prefix,
    result_path: run.resultPath,
    data_bucket: settings.dataBucket,
    data_prefix: settings.dataPrefix,
    ...(settings.worldSize === null ? {} : { world_size: itemCount(settings) }),
    memory_mb: settings.memoryMb,
    max_concurrency: settings.maxConcurrency,
    tolerated_failure_percentage: settings.toleratedFailurePercentage,
    run_id: run.id,
    experiment_id: run.experimentId,
  };
}

/** What tells a run from the others of its experiment, in words: the settings that vary, or the main ones if none does. */
export function runLabel(settings: RunSettings, all: readonly RunSettings[]): string {
  const datasets = [...new Set(all.map(({ datasetId }) => datasetId))];
  const parts: [keyof RunSettings, string][] = [
    ['dataSizeBytes', size(settings.dataSizeBytes)],
    ['partitionSizeBytes', `${size(settings.partitionSizeBytes)} partitions`],
    ['batchSize', `batch ${settings.batchSize}`],
    ['memoryMb', `${settings.memoryMb} MB memory`],
  ];
  const varies = (field: keyof RunSettings) => all.some((other) => other[field] !== settings[field]);
  const varying = parts.filter(([field]) => varies(field));
  const named = datasets.length > 1 && !toldBySize(datasets, all);
  const words = (varying.length > 0 || named ? varying : parts.slice(0, 3)).map(([, text]) => text);
  return [
    ...(named ? [shortId(settings.datasetId, datasets)] : []),
    ...words,
    ...(varies('repeat') ? [`#${settings.repeat}`] : []),
  ].join(' · ');
}

/** Whether datasets are the same data cut into partitions of another size each: their names would say it again. */
function toldBySize(datasets: string[], all: readonly RunSettings[]): boolean {
  const sizes = new Set(all.map(({ partitionSizeBytes }) => partitionSizeBytes));
  const kinds = new Set(all.map(({ datasetId, partitionSizeBytes }) => datasetKind(datasetId, partitionSizeBytes)));
  return sizes.size === datasets.length && kinds.size === 1;
}

type Portion = Pick<
  RunSettings,
  | 'datasetId'
  | 'dataBucket'
  | 'dataPrefix'
  | 'partitionSizeBytes'
  | 'partitions'
  | 'dataBytes'
  | 'dataSizeBytes'
  | 'samples'
>;

function portionsOf({ dataset, files }: SweepDataset, sizes: (number | null)[], sweep: Sweep): Portion[] {
  const portions = new Map<number, Portion>();
  for (const sizeBytes of sizes) {
    // Partitions hold whole samples, so "80 MB" of data may have a little less; half a partition is let pass.
    const leeway = Math.min(dataset.partitionSizeBytes / 2, dataset.sizeBytes * NEAR);
    if (sizeBytes !== null && sizeBytes > dataset.sizeBytes + leeway) {
      sweep.fieldErrors.dataSizesBytes = `${dataset.name} holds ${size(dataset.sizeBytes)}, which is less than ${size(sizeBytes)}. Take a smaller size, or all of it.`;
      continue;
    }
    const taken = sizeBytes === null ? files : filesOf(sizeBytes, files, dataset.partitionSizeBytes);
    const same = portions.get(taken.length);
    if (same) {
      sweep.warnings.push(
        `${sizeBytes === null ? 'All' : size(sizeBytes)} and ${size(same.dataSizeBytes)} of ${dataset.name} are the same ${count(taken.length, 'partition')}: run once.`,
      );
      continue;
    }
    const dataBytes = taken.reduce((sum, file) => sum + file.sizeBytes, 0);
    portions.set(taken.length, {
      datasetId: dataset.id,
      dataBucket: dataset.bucket,
      dataPrefix: dataset.prefix,
      partitionSizeBytes: dataset.partitionSizeBytes,
      partitions: taken.length,
      dataBytes,
      dataSizeBytes: sizeBytes ?? dataBytes,
      samples: samplesOf(dataset, taken),
    });
  }
  return [...portions.values()];
}

/** How far a partition may be from its nominal size. */
const NEAR = 0.1;

/** The first files that come to a size. One of about the nominal size counts as that, any other as it is. */
function filesOf(sizeBytes: number, files: SweepDataset['files'], nominalBytes: number): SweepDataset['files'] {
  let bytes = 0;
  const last = files.findIndex((file) => {
    bytes += Math.abs(file.sizeBytes - nominalBytes) <= NEAR * nominalBytes ? nominalBytes : file.sizeBytes;
    return bytes >= sizeBytes - 1e-6 * nominalBytes;
  });
  return last < 0 ? files : files.slice(0, last + 1);
}

function samplesOf(dataset: Dataset, files: SweepDataset['files']): number | null {
  if (!dataset.manifest) return null;
  const samples = new Map(dataset.manifest.partitions.map((part) => [part.file, part.samples]));
  const each = files.map(({ key }) => samples.get(key.slice(dataset.prefix.length + 1)));
  return each.every((value) => value !== undefined) ? each.reduce((sum, value) => sum + value, 0) : null;
}

const unique = <T>(values: readonly T[]) => [...new Set(values)];
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
function size(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** unit).toPrecision(4))} ${UNITS[unit]}`;
}
const count = (n: number, noun: string) => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
