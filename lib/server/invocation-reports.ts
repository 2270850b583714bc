import type { ExecutionEvent } from '../aws/executions.ts';
import { findLogLines, type LogLine } from '../aws/logs.ts';
import { isUnreachable } from '../aws/plain-words.ts';
import type { FunctionUsage } from '../domain/cost.ts';
import type { ExecutionInfo } from '../domain/execution-info.ts';
import { findReports, type InvocationReport } from '../domain/report-line.ts';
import { BackendError } from '../env.ts';
import type { ChildResult, MapResults } from './map-results.ts';

/** Logs may arrive late and clocks differ. */
const MARGIN_MS = 5_000;
/** How far the clocks of Lambda and Step Functions are apart at most. */
const CLOCKS_MS = 1_000;

/** REPORT lines of the inference invocations of a run. */
export interface InferenceReports {
  byRequest: Map<string, InvocationReport>;
  /** Attempts that left no result: in the log, but of no item's result. */
  extra: InvocationReport[];
  /** How many of `extra` did not fail but were cut short by the end of the map. */
  aborted: number;
  /** Why the log could not be read; null when it could. */
  problem: string | null;
}

/** Where and when a run's invocations were logged. */
interface ReportLog {
  group: string | undefined;
  startMs: number;
  endMs: number;
  /**
   * No other run used the function meanwhile: then every other report in the log is an attempt of this run that failed,
   * which Lambda bills too.
   */
  alone: boolean;
}

/**
 * Collects the reports of a run's items: from the log tails that the map delivered, the rest from the log group.
 */
export async function collectReports(
  children: MapResults['children'],
  delivered: readonly Pick<ExecutionInfo, 'rank' | 'request_id'>[],
  log: ReportLog,
): Promise<InferenceReports> {
  const byRequest = new Map(children.flatMap(({ report }) => (report ? [[report.requestId, report] as const] : [])));
  const wanted = new Set([
    ...children.flatMap(({ requestId }) => requestId ?? []),
    // A child that the end of its map run cut short may have left its result all the same.
    ...delivered.flatMap((info) => info.request_id ?? []),
  ]);
  if (!log.group) return { byRequest, extra: [], aborted: 0, problem: 'The log group of the function is not known.' };
  const extra: InvocationReport[] = [];
  const extraEndsMs: number[] = [];
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
        else if (log.alone && line.timestampMs >= log.startMs && line.timestampMs <= log.endMs) {
          extra.push(report);
          extraEndsMs.push(line.timestampMs);
        }
      }
  } catch (error) {
    if (!mayNotRead(error)) throw error;
    return { byRequest, extra: [], aborted: 0, problem: error.message };
  }
  const ranks = new Set(delivered.map(({ rank }) => rank));
  const open = children.filter(({ rank, requestId }) => !requestId && (rank === null || !ranks.has(rank)));
  return { byRequest, extra, aborted: countAborted(open, extraEndsMs), problem: null };
}

/**
 * How many of the invocations that belong to no child are those of children that the map aborted when it ended: an
 * aborted child tells no request id, and its invocation goes on after it. The others are attempts that failed.
 * @param children those without a request id and without a result.
 * @param endsMs when each of the invocations ended.
 */
export function countAborted(
  children: readonly Pick<ChildResult, 'status' | 'stoppedAt'>[],
  endsMs: readonly number[],
): number {
  const aborted = children.filter(({ status }) => status === 'ABORTED');
  const failed = children.filter(({ status }) => status === 'FAILED' || status === 'TIMED_OUT').length;
  const firstMs = Math.min(...aborted.map(({ stoppedAt }) => Date.parse(stoppedAt ?? '') || 0));
  // One that waited for its turn was never invoked: what ended before the map did is not its own.
  const late = endsMs.filter((endMs) => endMs >= firstMs - CLOCKS_MS).length;
  return Math.max(0, Math.min(aborted.length, late, endsMs.length - failed));
}

/**
 * Children that failed, with their request ids: the cause of an error that the function threw does not tell it, the line
 * that Lambda logs of the error does. Left open where more than one could be meant.
 */
export async function nameFailedRequests(
  children: MapResults['children'],
  log: ReportLog,
): Promise<MapResults['children']> {
  const unnamed = children.filter(({ status, requestId, cause }) => status === 'FAILED' && !requestId && cause);
  if (unnamed.length === 0 || !log.group) return children;
  let lines: LogLine[];
  try {
    lines = await findLogLines({ ...around(log), group: log.group, text: 'errorMessage' });
  } catch (error) {
    if (!mayNotRead(error)) throw error;
    return children;
  }
  // By what they say: of ten thousand that failed, each with each other would take minutes.
  const alike = Map.groupBy(unnamed, ({ cause }) => cause);
  const said = Map.groupBy(lines, ({ message }) => ERROR_MESSAGE.exec(message)?.[1]);
  return children.map((child) => {
    if (alike.get(child.cause)?.length !== 1 || child.status !== 'FAILED' || child.requestId) return child;
    const about = said.get(JSON.stringify(child.cause).slice(1, -1)) ?? [];
    const during = about.filter(({ timestampMs }) => isDuring(child, timestampMs));
    const requestIds = new Set(during.flatMap(({ message }) => ANY_REQUEST_ID.exec(message)?.[0] ?? []));
    // Attempts before it failed in the same words. Those of another run could, too.
    const requestId = log.alone || requestIds.size === 1 ? [...requestIds].at(-1) : undefined;
    return { ...child, requestId: requestId ?? null };
  });
}

const isDuring = ({ startedAt, stoppedAt }: ChildResult, timestampMs: number) =>
  timestampMs >= Date.parse(startedAt ?? '') - CLOCKS_MS && timestampMs <= Date.parse(stoppedAt ?? '') + CLOCKS_MS;

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

/** As Lambda logs an error, JSON with its escapes. */
const ERROR_MESSAGE = /"errorMessage":\s*"((?:[^"\\]|\\.)*)"/;
const ANY_REQUEST_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
