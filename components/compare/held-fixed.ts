import { type ComparedRun, comparedValue } from '@/lib/domain/comparison.ts';
import type { SeriesBy, SeriesX } from '@/lib/domain/series.ts';
import { type ComparedSetting, comparedSettings } from './settings.ts';

/** A setting that is neither on x nor told apart by line: runs may be drawn together only where it is the same. */
export interface HeldSetting {
  setting: ComparedSetting;
  value: string | number | null;
  /** Every value to choose from, with how many runs have it. */
  choices: { value: string | number | null; runs: number }[];
}

export interface HeldFixed {
  runs: ComparedRun[];
  /** All settings held, those with one value included. */
  held: HeldSetting[];
}

/**
 * Takes the runs that may stand in one chart: one value of every setting that the chart does not show. Asked-for
 * values are kept where runs have them; otherwise the value whose runs cover most of the x axis, then the most
 * common, then the largest.
 * @param asked setting → its value as text
 */
export function holdFixed(
  runs: readonly ComparedRun[],
  x: SeriesX,
  by: SeriesBy,
  asked: Partial<Record<ComparedSetting, string>>,
): HeldFixed {
  let left = [...runs];
  const held: HeldSetting[] = [];
  for (const setting of comparedSettings) {
    if (setting === x || setting === by) continue;
    const groups = Map.groupBy(left, (run) => comparedValue(run, setting));
    const ranked = [...groups].sort(
      ([a, runsOfA], [b, runsOfB]) =>
        distinct(runsOfB, x) - distinct(runsOfA, x) || runsOfB.length - runsOfA.length || byValue(b, a),
    );
    const chosen = ranked.find(([value]) => String(value) === asked[setting]) ?? ranked[0];
    if (!chosen) break;
    left = chosen[1];
    held.push({
      setting,
      value: chosen[0],
      choices: [...groups]
        .map(([value, { length }]) => ({ value, runs: length }))
        .sort((a, b) => byValue(a.value, b.value)),
    });
  }
  return { runs: left, held };
}

const byValue = (a: string | number | null, b: string | number | null): number =>
  typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b)) : (a ?? 0) - (b ?? 0);

/** How many points of the x axis the runs cover. */
export function distinct(runs: readonly ComparedRun[], x: SeriesX): number {
  return new Set(runs.map((run) => run.settings[x])).size;
}
