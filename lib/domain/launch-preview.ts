import type { RunInput } from './run-input.ts';

/** What a launch would do, shown beside the form. */
export interface LaunchPreview {
  runs: number;
  /** Map items of all runs together. */
  items: number;
  /** Samples of all runs together; null where a dataset does not tell. */
  samples: number | null;
  /** Bytes read by all runs together. */
  dataBytes: number;
  /** Inputs of the first three executions. */
  inputs: RunInput[];
  warnings: string[];
  /** From this installation's own finished runs of the same model and memory; null where there are none. */
  estimate: LaunchEstimate | null;
}

export interface LaunchEstimate {
  costUsd: number;
  /** All runs one after the other, ms. */
  wallMs: number;
  /** Finished runs it is drawn from. */
  basedOnRuns: number;
}
