import { datasetKind } from './dataset-name.ts';
import type { CompletenessState, RunMeasures, RunSettings, RunStatus } from './run.ts';

/** What compared runs may differ in: a setting, or the dataset, whatever size its partitions have. */
export type ComparedKey = keyof RunSettings | 'dataset';

export function comparedValue({ settings, model }: ComparedRun, key: ComparedKey): string | number | null {
  if (key === 'dataset') return datasetKind(settings.datasetId, settings.partitionSizeBytes);
  return key === 'modelId' ? model : settings[key];
}

/** A run as charts and comparison tables use it. */
export interface ComparedRun {
  id: string;
  label: string;
  experimentName: string;
  status: RunStatus;
  completeness: CompletenessState;
  settings: RunSettings;
  /** Id of the model; with its version where compared runs used several versions of it. */
  model: string;
  /** Without what only a run's own page shows: the bill's lines and the metrics are empty. */
  measures: RunMeasures;
}

export interface Comparison {
  runs: ComparedRun[];
  /** Runs that were asked for but not taken in, and why, in words. */
  left_out: { id: string; label: string; reason: string }[];
}

/**
 * Names the model of each run. A model may be replaced under its name: runs before and after are no repeats of one
 * another, so that each has its version then.
 */
export function withModels<T extends Omit<ComparedRun, 'model'>>(runs: readonly T[]): (T & { model: string })[] {
  const versions = new Map<string, Set<string | null>>();
  for (const { settings, measures } of runs)
    versions.set(settings.modelId, (versions.get(settings.modelId) ?? new Set()).add(measures.modelVersion ?? null));
  return runs.map((run) => {
    const { modelId } = run.settings;
    const isAlone = versions.get(modelId)?.size === 1;
    return { ...run, model: isAlone ? modelId : `${modelId} (${shortVersion(run.measures.modelVersion)})` };
  });
}

const shortVersion = (version: string | null | undefined) => version?.slice(0, 8) ?? 'version not recorded';
