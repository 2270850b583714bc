/** How often S3 was asked and how long each answer took until its first byte, s. Retries count as requests of their own. */
export interface RequestMeter {
  readonly secondsEach: readonly number[];
  measure<T>(request: () => Promise<T>): Promise<T>;
  reset(): void;
}

export function openRequestMeter(): RequestMeter {
  const secondsEach: number[] = [];
  return {
    secondsEach,
    async measure(request) {
      const startedMs = performance.now();
      try {
        return await request();
      } finally {
        secondsEach.push((performance.now() - startedMs) / 1000);
      }
    },
    reset() {
      secondsEach.length = 0;
    },
  };
}
