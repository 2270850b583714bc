import { concurrencyLimit } from '../aws/functions.ts';
import { type FinishedRun, findRunsLike } from '../db/compared-runs.ts';
import { leastCost } from '../domain/cost.ts';
import type { LaunchEstimate } from '../domain/launch-preview.ts';
import { type MapWork, mapTimeMs } from '../domain/map-time.ts';
import type { RunSettings } from '../domain/run.ts';
import { median } from '../domain/statistics.ts';
import { itemCount } from '../domain/sweep.ts';

/** Finished runs that a setting's estimate is drawn from, at most. */
const SAMPLE = 50;

/**
 * Cost and time of runs from this installation's own finished ones of the same model and memory: what so many items cost
 * at least plus the median of all else per byte, and the time of the map (map-time.ts) plus the median time around it.
 * Runs of the same partition size are preferred where there are any.
 * @returns null where one of the settings has nothing to go by.
 */
export async function estimate(settings: RunSettings[]): Promise<LaunchEstimate | null> {
  // A role that was made before it was asked for may not tell; then only the runs' own limits count.
  const limit = (await concurrencyLimit().catch(() => undefined)) || Number.POSITIVE_INFINITY;
  const learned = new Map<string, Promise<FinishedRun[]>>();
  const runsLike = (setting: RunSettings) => {
    const key = `${setting.modelId} ${setting.memoryMb} ${setting.partitionSizeBytes}`;
    const runs = learned.get(key) ?? findLike(setting);
    learned.set(key, runs);
    return runs;
  };
  const sum: LaunchEstimate = { costUsd: 0, wallMs: 0, basedOnRuns: 0 };
  for (const setting of settings) {
    const runs = await runsLike(setting);
    if (runs.length === 0) return null;
    sum.costUsd += costUsd(setting, runs);
    sum.wallMs += wallMs(setting, runs, limit);
  }
  for (const runs of await Promise.all(learned.values())) sum.basedOnRuns += runs.length;
  return sum;
}

async function findLike({ modelId, memoryMb, partitionSizeBytes }: RunSettings): Promise<FinishedRun[]> {
  const all = await findRunsLike({ modelId, memoryMb, limit: SAMPLE });
  const same = all.filter(({ settings }) => settings.partitionSizeBytes === partitionSizeBytes);
  return same.length > 0 ? same : all;
}

function costUsd(planned: RunSettings, runs: FinishedRun[]): number {
  const aboveLeast = runs.map(
    (run) => Math.max(0, run.costUsd - leastCost(itemCount(run.settings))) / run.settings.dataBytes,
  );
  return leastCost(itemCount(planned)) + median(aboveLeast) * planned.dataBytes;
}

function wallMs(planned: RunSettings, runs: FinishedRun[], limit: number): number {
  const maps = runs.map((run) => ({ ...mapOf(run.settings), wallMs: run.mapWallMs }));
  const aroundMs = median(runs.map((run) => Math.max(0, run.durationMs - run.mapWallMs)));
  return mapTimeMs(mapOf(planned), maps, limit) + aroundMs;
}

const mapOf = (settings: RunSettings): MapWork => ({
  items: itemCount(settings),
  bytes: settings.dataBytes,
  maxConcurrency: settings.maxConcurrency,
});
