import { type PhaseName, type PhasesMs, phaseNames } from '../../lib/domain/phases.ts';

/** Splits the wall time of one invocation into phases: at every moment it is in exactly one. */
export interface PhaseClock {
  /** From now on time counts as this phase. */
  enter(phase: PhaseName): void;
  /** `ms` of the phase that is on now, at most all of it so far, were another one. */
  countAs(phase: PhaseName, ms: number): void;
  /**
   * Runs work, one at a time, that counts as `decode` as long as the invocation is waiting for it, and not while it is hidden
   * behind a running batch. That of a script may take its time.
   */
  decoding<T>(work: () => T | Promise<T>): Promise<T>;
  /** Ends the last phase. The sum is the time since the clock was started, plus `initMs`. */
  stop(initMs: number): PhasesMs;
}

export function startPhases(now: () => number = () => performance.now()): PhaseClock {
  const spentMs = Object.fromEntries(phaseNames.map((name) => [name, 0])) as PhasesMs;
  let current: PhaseName = 'other';
  let isDecoding = false;
  let sinceMs = now();
  const spend = () => {
    const nowMs = now();
    spentMs[current === 'fetch' && isDecoding ? 'decode' : current] += nowMs - sinceMs;
    sinceMs = nowMs;
  };
  const enter = (phase: PhaseName) => {
    spend();
    current = phase;
  };
  const decode = (isOn: boolean) => {
    if (current === 'fetch') spend();
    isDecoding = isOn;
  };
  return {
    enter,
    countAs(phase, ms) {
      const nowMs = now();
      const counted = Math.min(ms, nowMs - sinceMs);
      spentMs[phase] += counted;
      sinceMs += counted;
    },
    async decoding(work) {
      decode(true);
      try {
        return await work();
      } finally {
        decode(false);
      }
    },
    stop(initMs) {
      enter('other');
      return { ...spentMs, init: initMs };
    },
  };
}
