import { performance } from 'node:perf_hooks';
import { type PhaseName, type PhasesMs, phaseNames } from '../../lib/domain/phases.ts';

/** Splits the wall time of one invocation into phases: at every moment it is in exactly one. */
export interface PhaseClock {
  /** From now on time counts as this phase. */
  enter(phase: PhaseName): void;
  /** `ms` of the phase that is on now, at most all of it so far, were another one. */
  countAs(phase: PhaseName, ms: number): void;
  /**
   * Runs work that feeds the model, one at a time: it counts as `decode` as long as the invocation is waiting for it, and not
   * while it is hidden behind a running batch. That of a script may take its time.
   */
  feeding<T>(work: () => T | Promise<T>): Promise<T>;
  /** Runs a request that waits for S3. */
  receiving<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Whether the bytes of the file have to be decoded. Then only such `fetch` counts as that in which S3 is waited for and this
   * thread has nothing else to do; the rest is `decode`.
   */
  decodesFile(isDecoded: boolean): void;
  /**
   * Ends the last phase. The phases add up to the time since the clock was started, plus `initMs`. The model loop is what
   * fed and ran the model: `inference`, and of `decode` not what the file took.
   */
  stop(initMs: number): { phasesMs: PhasesMs; loopMs: number };
}

/** Of the phase that is on, ms. */
const newPeriod = () => ({ ms: 0, fedMs: 0, receivedMs: 0 });

/** @param idle time in which this thread had nothing to do, ms. */
export function startPhases(
  now: () => number = () => performance.now(),
  idle: () => number = () => performance.eventLoopUtilization().idle,
): PhaseClock {
  const spentMs = Object.fromEntries(phaseNames.map((name) => [name, 0])) as PhasesMs;
  let current: PhaseName = 'other';
  let period = newPeriod();
  let fedMs = 0;
  let isFeeding = false;
  let isDecoded = false;
  let requests = 0;
  let sinceMs = now();
  let idleSinceMs = idle();

  const tick = () => {
    const [nowMs, idleMs] = [now(), idle()];
    const passedMs = nowMs - sinceMs;
    period.ms += passedMs;
    if (isFeeding) period.fedMs += passedMs;
    else if (requests > 0) period.receivedMs += Math.min(passedMs, idleMs - idleSinceMs);
    sinceMs = nowMs;
    idleSinceMs = idleMs;
  };
  const enter = (phase: PhaseName) => {
    tick();
    if (current === 'fetch') {
      const readMs = Math.max(0, period.ms - period.fedMs);
      const fetchMs = isDecoded ? Math.min(readMs, period.receivedMs) : readMs;
      spentMs.fetch += fetchMs;
      spentMs.decode += period.ms - fetchMs;
      fedMs += period.fedMs;
    } else spentMs[current] += period.ms;
    period = newPeriod();
    current = phase;
  };

  return {
    enter,
    countAs(phase, ms) {
      tick();
      const counted = Math.min(ms, period.ms);
      // Rows that the model waited for while they were decoded beside it.
      const share = phase === 'fetch' && isDecoded && counted > 0 ? Math.min(1, period.receivedMs / period.ms) : 1;
      spentMs[phase] += counted * share;
      spentMs.decode += counted * (1 - share);
      period.ms -= counted;
    },
    async feeding(work) {
      tick();
      isFeeding = true;
      try {
        return await work();
      } finally {
        tick();
        isFeeding = false;
      }
    },
    async receiving(work) {
      tick();
      requests += 1;
      try {
        return await work();
      } finally {
        tick();
        requests -= 1;
      }
    },
    decodesFile(isSo) {
      isDecoded = isSo;
    },
    stop(initMs) {
      enter('other');
      return { phasesMs: { ...spentMs, init: initMs }, loopMs: spentMs.inference + fedMs };
    },
  };
}
