/** The benchmarks there are; bench/main.ts has a module for each. */
export const benchNames = ['inference', 'runtime', 'summarize'] as const;
