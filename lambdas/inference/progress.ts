/** How far something has come, for those who wait for a part of it. */
export interface Progress {
  advance(to: number): void;
  fail(error: Error): void;
  position(): number;
  /** Resolves when it has come that far; rejects when it failed before. */
  reached(to: number): Promise<void>;
  /** Calls `onAdvance` after each step from now on, or `onFail` when there will be none. */
  follow(onAdvance: () => void, onFail: () => void): void;
}

export function openProgress(): Progress {
  let position = 0;
  let failed: Error | undefined;
  let waiting: { to: number; resolve(): void; reject(error: Error): void }[] = [];
  let follower: { onAdvance(): void; onFail(): void } | undefined;
  return {
    advance(to) {
      position = to;
      follower?.onAdvance();
      for (const each of waiting) if (each.to <= position) each.resolve();
      waiting = waiting.filter((each) => each.to > position);
    },
    fail(error) {
      failed = error;
      follower?.onFail();
      for (const { reject } of waiting) reject(error);
      waiting = [];
    },
    position: () => position,
    reached(to) {
      if (to <= position) return Promise.resolve();
      if (failed) return Promise.reject(failed);
      return new Promise((resolve, reject) => waiting.push({ to, resolve, reject }));
    },
    follow(onAdvance, onFail) {
      follower = { onAdvance, onFail };
      if (failed) onFail();
    },
  };
}
