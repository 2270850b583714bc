import { type PhasesMs, phaseNames } from './phases.ts';
import type { InvocationReport } from './report-line.ts';

/**
 * The phases of one invocation so that they add up to its billed duration, all of it wall time. What the handler measured
 * stays; `init` is the one Lambda reports (the handler cannot see how long its process took to start), writing the record
 * itself counts as `write`, and what is left is `other`: handing event and answer over, and rounding up to a millisecond.
 * @param measured by the handler; they add up to its own duration plus its guess of `init`.
 * @param recordMs time to write the record that holds `measured`, where it is known.
 */
export function billedPhases(measured: PhasesMs, recordMs: number | null, report: InvocationReport | null): PhasesMs {
  const write = measured.write + (recordMs ?? 0);
  if (!report || report.durationMs === null) return { ...measured, write };
  const init = report.initMs ?? 0;
  const billedMs = report.billedMs ?? Math.ceil(report.durationMs + init);
  const told = { ...measured, write, init };
  const left = billedMs - sumPhases(told);
  return { ...told, other: Math.max(0, told.other + left) };
}

export const sumPhases = (phases: PhasesMs): number => phaseNames.reduce((sum, name) => sum + phases[name], 0);
