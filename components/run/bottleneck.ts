import { type PhaseName, type PhasesMs, phaseNames } from '@/lib/domain/phases.ts';

export const phaseLabel: Record<PhaseName, string> = {
  init: 'Cold start',
  model_load: 'Model load',
  fetch: 'Read from S3',
  decode: 'Decode',
  inference: 'Inference',
  write: 'Write results',
  other: 'Other',
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

/** As the subject of a sentence. */
const SUBJECT: Record<PhaseName, string> = {
  init: 'starting environments',
  model_load: 'loading the model',
  fetch: 'waiting for data from S3',
  decode: 'decoding files and preparing inputs',
  inference: 'inference',
  write: 'writing results',
  other: 'other work of the function and of Lambda around it',
};

const ADVICE: Record<PhaseName, string> = {
  init: 'An environment is started once and used again: larger or more partitions per environment (a lower concurrency) spread its start over more samples.',
  model_load:
    'The model is loaded once per environment: larger or more partitions per environment spread that over more samples.',
  fetch:
    'Reading goes on while the model runs, so this is time in which the model had nothing to do: a smaller number format, or files without tensors that the model does not use, leave less to read.',
  decode:
    'A format that needs less decoding (safetensors, npy), or less work in the script of the model, would help most.',
  inference: '',
  write: 'Each item writes two files: fewer, larger partitions write fewer.',
  other:
    'In the first run of a model, item 0 prepares its graph for later runs, which counts here: its log says how long. Otherwise look at the log of a slow item.',
};

/** Phases from this share on are told beside the first. */
const WORTH_TELLING = 0.05;

/**
 * Where the billed time went and what would change it, in words; null where nothing was measured.
 * @param starts of environments among so many items, where it is known.
 */
export function bottleneck(phases: PhasesMs, starts: { cold: number; items: number } | null = null): string | null {
  const shares = phaseShares(phases).sort((a, b) => b.share - a.share);
  const [first, ...rest] = shares;
  if (!first) return null;
  const others = rest
    .filter(({ share }) => share >= WORTH_TELLING)
    .map((each) => `${SUBJECT[each.phase]} ${percent(each)}`);
  const lead = `${percent(first)} of the billed time is ${SUBJECT[first.phase]}${others.length > 0 ? `; ${others.join(', ')}` : ''}.`;
  const inference = shares.find(({ phase }) => phase === 'inference')?.share ?? 0;
  const started =
    starts && starts.cold > 0 && phases.init > 0
      ? ` ${starts.cold.toLocaleString('en-US')} of ${starts.items.toLocaleString('en-US')} items began with a cold start.`
      : '';
  if (first.phase !== 'inference') return `${lead}${started} ${ADVICE[first.phase]}`;
  const overhead = `All that is not inference is ${Math.round((1 - inference) * 100)} %`;
  return inference < 0.5
    ? `${lead}${started} ${overhead}: larger partitions spread starts and requests over more samples.`
    : `${lead}${started} ${overhead}, the most that less overhead could save. The model sets the pace: on AWS more memory brings more CPU (1,769 MB for each vCPU).`;
}

/**
 * What was billed besides, for attempts of which no phases are known: where it is worth telling, else null.
 * @param phases mean of so many items.
 * @param billedMs of all invocations.
 */
export function failedAttempts(phases: PhasesMs, items: number, billedMs: number | null): string | null {
  const delivered = items * phaseNames.reduce((sum, phase) => sum + phases[phase], 0);
  if (billedMs === null || billedMs - delivered < WORTH_TELLING * billedMs) return null;
  const share = Math.round((1 - delivered / billedMs) * 100);
  return `This is of the attempts that left a result; those that failed took ${share} % of all that was billed.`;
}

const percent = ({ share }: PhaseShare) => `${Math.round(share * 100)} %`;
