/** After so much computing it is judged whether the model keeps its thread busy. */
const JUDGED_MS = 50;
/** Of the time that went by. Below, the thread waits for rows: another one would wait, too. */
const BUSY_SHARE = 0.75;

/** Whether a model needs more than one thread. */
export interface ModelLoad {
  isHigh(): boolean;
  /** It is high from now on, without being watched. */
  call(): void;
  /** A batch is asked for. */
  begin(): WatchedBatch;
}

interface WatchedBatch {
  /** Resolves when other threads are to help with it, if ever. */
  help: Promise<void>;
  /** The batch is there, or cannot be had; again has no effect. */
  end(computedMs: number): void;
}

/** Where it is known who computes a batch. */
export const unwatched: WatchedBatch = { help: Promise.resolve(), end() {} };

/**
 * Calls for help when a model takes longer than its rows take to come. A thread beside the first takes 15 MB, and a
 * model of a few numbers a row, which is done before the next rows are read, gains nothing by it.
 */
export function watchLoad(call: () => void): ModelLoad {
  let isHigh = false;
  let sinceMs = performance.now();
  let sumMs = 0;
  const callForHelp = () => {
    isHigh = true;
    call();
  };

  return {
    isHigh: () => isHigh,
    call: callForHelp,
    begin() {
      if (isHigh) return unwatched;
      const { promise: help, resolve } = Promise.withResolvers<void>();
      let isOver = false;
      const isLate = () => {
        if (isOver) return;
        callForHelp();
        resolve();
      };
      // What has come meanwhile is seen first: this thread may have been busy with reading the next batch.
      const late = setTimeout(() => setImmediate(isLate), JUDGED_MS);
      return {
        help,
        end(computedMs) {
          if (isOver) return;
          isOver = true;
          clearTimeout(late);
          sumMs += computedMs;
          if (sumMs < JUDGED_MS) return;
          const nowMs = performance.now();
          if (sumMs > BUSY_SHARE * (nowMs - sinceMs)) callForHelp();
          sinceMs = nowMs;
          sumMs = 0;
        },
      };
    },
  };
}
