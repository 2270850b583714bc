import type { PhasesMs } from './phases.ts';
import type { CompletenessReport, PredictionMetrics } from './run-summary.ts';

export const runStatuses = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'STOPPED'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** PENDING until Summarize has spoken; only COMPLETE runs enter charts by default. */
export const completenessStates = ['PENDING', 'COMPLETE', 'INCOMPLETE'] as const;
export type CompletenessState = (typeof completenessStates)[number];

export const itemStatuses = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
export type ItemStatus = (typeof itemStatuses)[number];

/** What one run is asked to do: one point of the sweep. */
export interface RunSettings {
  datasetId: string;
  dataBucket: string;
  dataPrefix: string;
  partitionSizeBytes: number;
  /** Partition files used. */
  partitions: number;
  /** Bytes of those files. */
  dataBytes: number;
  /** Nominal point of the sweep on the data-size axis, bytes. */
  dataSizeBytes: number;
  samples: number | null;
  batchSize: number;
  memoryMb: number;
  maxConcurrency: number;
  worldSize: number | null;
  toleratedFailurePercentage: number;
  modelId: string;
  repeat: number;
}

/** Map run counts by state, in items. */
export type ItemCounts = Record<
  'pending' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted' | 'total',
  number
>;

export interface BillLine {
  label: string;
  /** Arithmetic in words, e.g. `12 requests × $0.0000002`. */
  arithmetic: string;
  usd: number;
}
export interface Bill {
  /** Sum of lines, USD, at the price book's date; what AWS would bill (a local run is not billed). */
  totalUsd: number;
  lines: BillLine[];
  /** requests × duration × memory × 0.00001667, the published formula, for comparison. */
  publishedFormulaUsd: number;
  priceBookDate: string;
  region: string;
}

/** Statistics of one quantity over the partitions of a run. */
export interface Spread {
  n: number;
  mean: number;
  median: number;
  min: number;
  max: number;
  p95: number;
}

/** Measured when a run has ended. Times are wall times in ms unless the name says otherwise. */
export interface RunMeasures {
  /** First child start → last child stop. "Inference time" of the charts. */
  mapWallMs: number | null;
  executionWallMs: number | null;
  /** Model loop per item. */
  modelLoopMs: Spread | null;
  billedMs: number | null;
  maxMemoryUsedMb: number | null;
  coldStarts: number | null;
  /** total bits ÷ mapWall, bit/s */
  throughputBps: number | null;
  samplesPerSecond: number | null;
  /** Sum of per-worker rates, bit/s; shown only under its own name. */
  sumOfWorkerThroughputBps: number | null;
  phasesMs: PhasesMs | null;
  /**
   * Of the model's graph (graph-version.ts), without quotes; where items used several, all of them with + between. Null
   * where no record tells it, absent in runs that ended before it was kept.
   */
  modelVersion?: string | null;
  bill: Bill | null;
  metrics: PredictionMetrics[];
}

/** One row of the runs list. */
export interface RunRow {
  id: string;
  experimentId: string;
  experimentName: string;
  label: string;
  status: RunStatus;
  completeness: CompletenessState;
  settings: RunSettings;
  counts: ItemCounts;
  createdAt: string;
  startedAt: string | null;
  stoppedAt: string | null;
  durationMs: number | null;
  mapWallMs: number | null;
  throughputBps: number | null;
  samplesPerSecond: number | null;
  costUsd: number | null;
  error: string | null;
  cause: string | null;
}

export interface RunDetail extends RunRow {
  executionArn: string | null;
  mapRunArn: string | null;
  resultBucket: string;
  resultPath: string;
  input: unknown;
  /** State name → what happened to it so far. */
  states: Record<
    string,
    {
      status: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
      enteredAt: string | null;
      exitedAt: string | null;
    }
  >;
  report: CompletenessReport | null;
  warnings: string[];
  measures: RunMeasures | null;
}

/** One row of the partitions table of a run. */
export interface RunItemRow {
  rank: number;
  keys: string[];
  status: ItemStatus;
  sizeBytes: number;
  samples: number | null;
  durationMs: number | null;
  modelLoopMs: number | null;
  billedMs: number | null;
  maxMemoryMb: number | null;
  coldStart: boolean | null;
  /** They add up to `billedMs`. */
  phasesMs: PhasesMs | null;
  /** Samples whose prediction is NaN or infinite. */
  notANumber: number | null;
  requestId: string | null;
  logGroup: string | null;
  logStream: string | null;
  error: string | null;
  cause: string | null;
}

/** Pushed to browsers (SSE): enough to update a list row or a run page in place. */
export interface RunEvent {
  type: 'run';
  run: RunRow;
  states: RunDetail['states'];
  asOf: string;
}
