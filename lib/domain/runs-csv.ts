import type { RunDetail } from './run.ts';

/** RFC 4180 text with one row per run; every quantity names its unit. Empty = not measured. */
export function toRunsCsv(runs: readonly RunDetail[]): string {
  const lines = [Object.keys(columns), ...runs.map((run) => Object.values(columns).map((read) => read(run)))];
  return `${lines.map((cells) => cells.map(toCell).join(',')).join('\r\n')}\r\n`;
}

type Cell = string | number | null | undefined;

const columns: Record<string, (run: RunDetail) => Cell> = {
  run_id: (run) => run.id,
  experiment_id: (run) => run.experimentId,
  experiment: (run) => run.experimentName,
  label: (run) => run.label,
  status: (run) => run.status,
  completeness: (run) => run.completeness,
  dataset: (run) => run.settings.datasetId,
  model: (run) => run.settings.modelId,
  model_version: (run) => run.measures?.modelVersion,
  data_size_bytes: (run) => run.settings.dataSizeBytes,
  data_read_bytes: (run) => run.settings.dataBytes,
  partition_size_bytes: (run) => run.settings.partitionSizeBytes,
  partitions: (run) => run.settings.partitions,
  samples: (run) => run.settings.samples,
  batch_size: (run) => run.settings.batchSize,
  memory_mb: (run) => run.settings.memoryMb,
  max_concurrency: (run) => run.settings.maxConcurrency,
  repeat: (run) => run.settings.repeat,
  items: (run) => run.counts.total,
  items_succeeded: (run) => run.counts.succeeded,
  created_at_utc: (run) => run.createdAt,
  started_at_utc: (run) => run.startedAt,
  stopped_at_utc: (run) => run.stoppedAt,
  execution_wall_ms: (run) => run.measures?.executionWallMs,
  map_wall_ms: (run) => run.measures?.mapWallMs,
  model_loop_median_ms: (run) => run.measures?.modelLoopMs?.median,
  model_loop_mean_ms: (run) => run.measures?.modelLoopMs?.mean,
  model_loop_max_ms: (run) => run.measures?.modelLoopMs?.max,
  throughput_bit_per_s: (run) => run.measures?.throughputBps,
  samples_per_s: (run) => run.measures?.samplesPerSecond,
  sum_of_worker_throughput_bit_per_s: (run) => run.measures?.sumOfWorkerThroughputBps,
  billed_ms: (run) => run.measures?.billedMs,
  max_memory_used_mb: (run) => run.measures?.maxMemoryUsedMb,
  cold_starts: (run) => run.measures?.coldStarts,
  cost_usd: (run) => run.measures?.bill?.totalUsd,
  published_formula_cost_usd: (run) => run.measures?.bill?.publishedFormulaUsd,
  error: (run) => run.error,
  cause: (run) => run.cause,
};

function toCell(value: Cell): string {
  const text = value === null || value === undefined ? '' : String(value);
  // A leading = + - @ would be a formula to a spreadsheet; numbers keep their sign.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
