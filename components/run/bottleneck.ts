import { type PhaseName, type PhasesMs, phaseNames } from '@/lib/domain/execution-info.ts';

export const phaseLabel: Record<PhaseName, string> = {
  init: 'Cold start',
  model_load: 'Model load',
  fetch: 'Read from S3',
  decode: 'Decode',
  inference: 'Model loop',
  write: 'Write results',
  other: 'Rest',
};

export interface PhaseShare {
  phase: PhaseName;
  ms: number;
  /** Of all phases, 0 to 1. */
  share: number;
}

/** Phases in the order in which they happen, with their share of the whole; empty where nothing was measured. */
export function phaseShares(phases: PhasesMs): PhaseShare[] {
  const total = phaseNames.reduce((sum, phase) => sum + (phases[phase] ?? 0), 0);
  if (total <= 0) return [];
  return phaseNames.map((phase) => {
    const ms = phases[phase] ?? 0;
    return { phase, ms, share: ms / total };
  });
}

const ADVICE: Record<PhaseName, string> = {
  init: 'Fewer, larger partitions start fewer environments.',
  model_load: 'The model is loaded once per environment: larger partitions spread that over more samples.',
  fetch: 'More memory brings more network bandwidth; a smaller number format would leave less to read.',
  decode: 'A format that needs less decoding (safetensors) would help most.',
  inference: 'The model itself sets the pace; more memory brings more CPU.',
  write: 'Fewer, larger partitions write fewer files.',
  other: 'This is none of the measured phases: look at the log of a slow partition.',
};

/** What took most of the workers' time, and what would change it, in words; null where nothing was measured. */
export function bottleneck(phases: PhasesMs): string | null {
  const shares = phaseShares(phases);
  const [first] = [...shares].sort((a, b) => b.share - a.share);
  if (!first) return null;
  const percent = Math.round(first.share * 100);
  const overhead = Math.round((1 - (shares.find(({ phase }) => phase === 'inference')?.share ?? 0)) * 100);
  const lead = `${phaseLabel[first.phase]} takes ${percent} % of the workers' time.`;
  if (first.phase !== 'inference') return `${lead} ${ADVICE[first.phase]}`;
  return overhead <= 10 ? `${lead} Overhead is ${overhead} %.` : `${lead} ${ADVICE.inference}`;
}
