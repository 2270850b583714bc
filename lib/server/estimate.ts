import { findRunsLike } from '../db/compared-runs.ts';
import { leastCost } from '../domain/cost.ts';
import type { LaunchEstimate } from '../domain/launch-preview.ts';
import type { RunSettings } from '../domain/run.ts';
import { median } from '../domain/statistics.ts';
import { itemCount } from '../domain/sweep.ts';

/** Finished runs that a setting's estimate is drawn from, at most. */
const SAMPLE = 50;

/**
 * Cost and time of runs from this installation's own finished ones of the same model and memory: what so many items cost
 * at least plus the median of all else per byte, and the median time per byte of the map plus the median time around it.
 * Runs of the same partition size are preferred where there are any.
 * @returns null where one of the settings has nothing to go by.
 */
export async function estimate(settings: RunSettings[]): Promise<LaunchEstimate | null> {
  const rates = new Map<string, Promise<Rate | null>>();
  const rateOf = (setting: RunSettings) => {
    const key = `${setting.modelId} ${setting.memoryMb} ${setting.partitionSizeBytes}`;
    const rate = rates.get(key) ?? learnRate(setting);
    rates.set(key, rate);
    return rate;
  };
  const sum: LaunchEstimate = { costUsd: 0, wallMs: 0, basedOnRuns: 0 };
  for (const setting of settings) {
    const rate = await rateOf(setting);
    if (!rate) return null;
    sum.costUsd += leastCost(itemCount(setting)) + rate.usdPerByte * setting.dataBytes;
    sum.wallMs += rate.aroundMapMs + rate.msPerByte * setting.dataBytes;
  }
  for (const rate of await Promise.all(rates.values())) sum.basedOnRuns += rate?.runs ?? 0;
  return sum.basedOnRuns > 0 ? sum : null;
}

interface Rate {
  /** Above the least cost. */
  usdPerByte: number;
  msPerByte: number;
  aroundMapMs: number;
  runs: number;
}

async function learnRate({ modelId, memoryMb, partitionSizeBytes }: RunSettings): Promise<Rate | null> {
  const all = await findRunsLike({ modelId, memoryMb, limit: SAMPLE });
  const same = all.filter(({ settings }) => settings.partitionSizeBytes === partitionSizeBytes);
  const runs = same.length > 0 ? same : all;
  if (runs.length === 0) return null;
  return {
    usdPerByte: median(
      runs.map(({ settings, costUsd }) => Math.max(0, costUsd - leastCost(itemCount(settings))) / settings.dataBytes),
    ),
    msPerByte: median(runs.map(({ settings, mapWallMs }) => mapWallMs / settings.dataBytes)),
    aroundMapMs: median(runs.map((run) => Math.max(0, run.durationMs - run.mapWallMs))),
    runs: runs.length,
  };
}
