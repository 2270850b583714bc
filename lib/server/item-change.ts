import type { ItemChange } from '../db/run-items.ts';
import type { ExecutionInfo } from '../domain/execution-info.ts';
import { modelLoopMs } from '../domain/run-measures.ts';

/** What an item's own record says of it. */
export function toItemChange(rank: number, info: ExecutionInfo): ItemChange {
  return {
    rank,
    status: 'SUCCEEDED',
    samples: info.samples ?? null,
    durationMs: info.duration_ms ?? null,
    modelLoopMs: modelLoopMs(info),
    maxMemoryMb: info.peak_rss_mb ?? null,
    coldStart: info.cold_start ?? null,
    phasesMs: info.phases_ms ?? null,
    notANumber: info.not_a_number ?? null,
    requestId: info.request_id ?? null,
    logGroup: info.log_group ?? null,
    logStream: info.log_stream ?? null,
    startedAt: info.started_at ?? null,
    stoppedAt: info.ended_at ?? null,
  };
}
