import type { ExecutionInfo } from '../../lib/domain/execution-info.ts';
import type { PhasesMs } from '../../lib/domain/phases.ts';
import type { InferenceEvent } from '../../lib/domain/plan.ts';
import type { LambdaContext } from '../lambda-context.ts';
import type { ItemOutcome } from './infer-item.ts';

interface Measurements {
  phasesMs: PhasesMs;
  /** Of the model loop. */
  loopMs: number;
  coldStart: boolean;
  startedAt: Date;
  threads: number;
  /** Each S3 request until the first byte of its answer, s. The PUT of the record itself cannot be among them. */
  s3Seconds: readonly number[];
  context: LambdaContext;
}

/**
 * The record of one item. Definitions stand in lib/domain/execution-info.ts. The model loop is the time spent feeding and
 * running the model, without waiting for data that has not arrived or is not decoded: the published system had loaded
 * everything before its loop began.
 */
export function describeExecution(item: InferenceEvent, done: ItemOutcome, measured: Measurements): ExecutionInfo {
  const { run, rank, partitions } = item;
  const { phasesMs, loopMs, s3Seconds, context } = measured;
  const bytes = partitions.reduce((sum, partition) => sum + partition.size_bytes, 0);
  const peakRssMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
  const durationMs = Object.values(phasesMs).reduce((sum, ms) => sum + ms, 0) - phasesMs.init;
  const s3Total = s3Seconds.reduce((sum, seconds) => sum + seconds, 0);
  return {
    'total_cpu_time (seconds)': done.cpuSeconds,
    'total_cpu_memory (MB)': peakRssMb,
    'execution_time (seconds/batch)': loopMs / 1000 / done.batches,
    num_batches: done.batches,
    batch_size: run.batch_size,
    device: 'cpu',
    throughput_bps: (bytes * 8) / (loopMs / 1000),
    sample_persec: done.samples / (loopMs / 1000),
    result_path: run.result_path,
    data_path: partitions[0]?.key ?? '',
    s3_num_requests: s3Seconds.length,
    s3_total_time: s3Total,
    s3_avg_time: s3Total / s3Seconds.length,
    s3_min_time: Math.min(...s3Seconds),
    s3_max_time: Math.max(...s3Seconds),
    rank,
    world_size: run.world_size,
    data_paths: partitions.map((partition) => partition.key),
    samples: done.samples,
    not_a_number: done.notANumber,
    bytes,
    phases_ms: phasesMs,
    duration_ms: durationMs,
    inference_ms: loopMs,
    peak_rss_mb: peakRssMb,
    memory_size_mb: Number(context.memoryLimitInMB),
    threads: measured.threads,
    samples_per_call: done.samplesPerCall,
    cold_start: measured.coldStart,
    request_id: context.awsRequestId,
    log_group: context.logGroupName,
    log_stream: context.logStreamName,
    started_at: measured.startedAt.toISOString(),
    ended_at: new Date(measured.startedAt.getTime() + durationMs).toISOString(),
    model_etag: done.modelEtag,
    prepared_graph: done.isPrepared,
    predictions_key: done.predictionsKey,
    execution_arn: run.execution_arn,
  };
}
