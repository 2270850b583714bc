import { type PhaseName, type PhasesMs, phaseNames } from '../../lib/domain/phases.ts';

/** Splits the wall time of one invocation into phases: at every moment it is in exactly one. */
export interface PhaseClock {
  /** From now on time counts as this phase. */
  enter(phase: PhaseName): void;
  /** `ms` of the phase that is on now, at most all of it so far, were another one. */
  countAs(phase: PhaseName, ms: number): void;
  /** Runs synchronous work that counts as `decode` where the invocation is waiting for data, and not when it is hidden behind a running batch. */
  decoding<T>(work: () => T): T;
  /** Ends the last phase. The sum is the time since the clock was started, plus `initMs`. */
  stop(initMs: number): PhasesMs;
}

export function startPhases(now: () => number = () => performance.now()): PhaseClock {
  const spentMs = Object.fromEntries(phaseNames.map((name) => [name, 0])) as PhasesMs;
  let current: PhaseName = 'other';
  let sinceMs = now();
  const enter = (phase: PhaseName) => {
    const nowMs = now();
    spentMs[current] += nowMs - sinceMs;
    current = phase;
    sinceMs = nowMs;
  };
  return {
    enter,
    countAs(phase, ms) {
      const nowMs = now();
      const counted = Math.min(ms, nowMs - sinceMs);
      spentMs[phase] += counted;
      sinceMs += counted;
    },
    decoding(work) {
      if (current !== 'fetch') return work();
      enter('decode');
      try {
        return work();
      } finally {
        enter('fetch');
      }
    },
    stop(initMs) {
      enter('other');
      return { ...spentMs, init: initMs };
    },
  };
}
