import type { ExecutionEvent } from '../aws/executions.ts';
import { findLogLines } from '../aws/logs.ts';
import { isUnreachable } from '../aws/plain-words.ts';
import type { FunctionUsage } from '../domain/cost.ts';
import type { ExecutionInfo } from '../domain/execution-info.ts';
import { findReports, type InvocationReport } from '../domain/report-line.ts';
import { BackendError } from '../env.ts';
import type { MapResults } from './map-results.ts';

/** Logs may arrive late and clocks differ. */
const MARGIN_MS = 5_000;

/** REPORT lines of the inference invocations of a run. */
export interface InferenceReports {
  byRequest: Map<string, InvocationReport>;
  /** Attempts that left no result: in the log, but of no item's result. */
  extra: InvocationReport[];
  /** Why the log could not be read; null when it could. */
  problem: string | null;
}

/**
 * Collects the reports of a run's items: from the log tails that the map delivered, the rest from the log group.
 * @param alone no other run used the function meanwhile: then every other report in the log is an attempt of this
 *   run that failed, which Lambda bills too.
 */
export async function collectReports(
  children: MapResults['children'],
  delivered: readonly Pick<ExecutionInfo, 'request_id'>[],
  log: { group: string | undefined; startMs: number; endMs: number; alone: boolean },
): Promise<InferenceReports> {
  const byRequest = new Map(children.flatMap(({ report }) => (report ? [[report.requestId, report] as const] : [])));
  const wanted = new Set([
    ...children.flatMap(({ requestId }) => requestId ?? []),
    // A child that the end of its map run cut short may have left its result all the same.
    ...delivered.flatMap((info) => info.request_id ?? []),
  ]);
  if (!log.group) return { byRequest, extra: [], problem: 'The log group of the function is not known.' };
  const extra: InvocationReport[] = [];
  try {
    for (const line of await findLogLines({
      ...around(log),
      group: log.group,
      text: 'REPORT RequestId',
      limit: 100_000,
    }))
      for (const report of findReports(line.message)) {
        if (byRequest.has(report.requestId)) continue;
        if (wanted.has(report.requestId)) byRequest.set(report.requestId, report);
        // The run before may have ended within the margin.
        else if (log.alone && line.timestampMs >= log.startMs && line.timestampMs <= log.endMs) extra.push(report);
      }
  } catch (error) {
    if (!mayNotRead(error)) throw error;
    return { byRequest, extra: [], problem: error.message };
  }
  return { byRequest, extra, problem: null };
}

/** What Initialize or Summarize cost: each invocation in the history, by its REPORT line, else by how long its state took. */
export async function taskUsage(
  name: 'initialize' | 'summarize',
  events: readonly ExecutionEvent[],
  group: string | undefined,
  configured: Pick<FunctionUsage, 'memoryMb' | 'ephemeralMb' | 'architecture'>,
): Promise<FunctionUsage | null> {
  const usage: FunctionUsage = { label: name, invocations: 0, billedMs: 0, ...configured, measured: true };
  let scheduledMs: number | undefined;
  let state: string | null = null;
  for (const event of events) {
    if (event.type === 'TaskStateEntered') state = event.state;
    if (!state?.toLowerCase().startsWith(name)) continue;
    if (event.type === 'TaskScheduled') scheduledMs = Date.parse(event.at);
    if (!['TaskSucceeded', 'TaskFailed', 'TaskTimedOut'].includes(event.type) || scheduledMs === undefined) continue;
    const endedMs = Date.parse(event.at);
    const report = group ? await reportOf(event, group, scheduledMs, endedMs) : undefined;
    usage.invocations++;
    usage.billedMs += report?.billedMs ?? Math.ceil(endedMs - scheduledMs);
    usage.measured &&= Boolean(report);
    if (report?.memorySizeMb) usage.memoryMb = report.memorySizeMb;
    scheduledMs = undefined;
  }
  return usage.invocations > 0 ? usage : null;
}

async function reportOf(
  { output, cause }: ExecutionEvent,
  group: string,
  startMs: number,
  endMs: number,
): Promise<InvocationReport | undefined> {
  const requestId = REQUEST_ID.exec(output ?? cause ?? '')?.[1];
  if (!requestId) return undefined;
  try {
    const lines = await findLogLines({ ...around({ startMs, endMs }), group, text: requestId });
    return lines.flatMap(({ message }) => findReports(message)).find((report) => report.requestId === requestId);
  } catch (error) {
    if (!mayNotRead(error)) throw error;
    return undefined;
  }
}

const around = ({ startMs, endMs }: { startMs: number; endMs: number }) => ({
  startMs: startMs - MARGIN_MS,
  endMs: endMs + MARGIN_MS,
});

/** A role that may not read logs must not turn a finished run into a failed one. */
const mayNotRead = (error: unknown): error is BackendError => error instanceof BackendError && !isUnreachable(error);

/** In `"SdkResponseMetadata":{"RequestId":"…"}` of a result, `"requestId":"…"` or `RequestId: …` of a cause. */
const REQUEST_ID = /RequestId\\?"?:\s*\\?"?([0-9a-f]{8}-[0-9a-f-]{27})/i;
