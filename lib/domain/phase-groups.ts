import { type PhasesMs, phaseNames } from './phases.ts';

/** Neighbouring items, as one column of a chart. */
export interface PhaseGroup {
  /** First and last rank. */
  from: number;
  to: number;
  items: number;
  /** Those of them whose environment had to start. */
  cold: number;
  /** Mean per item, ms. */
  phasesMs: PhasesMs;
}

/** Joins neighbouring items, so that there are at most `most` groups of equal size. */
export function groupPhases(items: readonly { rank: number; phasesMs: PhasesMs }[], most: number): PhaseGroup[] {
  const size = Math.max(1, Math.ceil(items.length / most));
  const groups: PhaseGroup[] = [];
  for (let at = 0; at < items.length; at += size) {
    const part = items.slice(at, at + size);
    const means = phaseNames.map((name) => [
      name,
      part.reduce((sum, { phasesMs }) => sum + phasesMs[name], 0) / part.length,
    ]);
    groups.push({
      from: part[0]?.rank ?? 0,
      to: part.at(-1)?.rank ?? 0,
      items: part.length,
      cold: part.filter(({ phasesMs }) => phasesMs.init > 0).length,
      phasesMs: Object.fromEntries(means) as PhasesMs,
    });
  }
  return groups;
}
