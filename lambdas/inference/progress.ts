/** How far something has come, for those who wait for a part of it. */
export interface Progress {
  advance(to: number): void;
  fail(error: Error): void;
  /** Resolves when it has come that far; rejects when it failed before. */
  reached(to: number): Promise<void>;
}

export function openProgress(): Progress {
  let position = 0;
  let failed: Error | undefined;
  let waiting: { to: number; resolve(): void; reject(error: Error): void }[] = [];
  return {
    advance(to) {
      position = to;
      for (const each of waiting) if (each.to <= position) each.resolve();
      waiting = waiting.filter((each) => each.to > position);
    },
    fail(error) {
      failed = error;
      for (const { reject } of waiting) reject(error);
      waiting = [];
    },
    reached(to) {
      if (to <= position) return Promise.resolve();
      if (failed) return Promise.reject(failed);
      return new Promise((resolve, reject) => waiting.push({ to, resolve, reject }));
    },
  };
}
