import type { ExecutionEvent } from '../aws/executions.ts';
import { findLogLines } from '../aws/logs.ts';
import type { FunctionUsage } from '../domain/cost.ts';
import { findReports, type InvocationReport } from '../domain/report-line.ts';
import type { MapResults } from './map-results.ts';

/** Logs may arrive late and clocks differ. */
const MARGIN_MS = 5_000;

/** REPORT lines of the inference invocations of a run. */
export interface InferenceReports {
  byRequest: Map<string, InvocationReport>;
  /** Attempts that failed and were retried: in the log, but not the last of any item. */
  extra: InvocationReport[];
}

/**
 * Collects the reports of a run's items: from the log tails that the map delivered, the rest from the log group.
 * @param alone no other run used the function meanwhile: then every other report in the log is a retried attempt of
 *   this run, which Lambda bills too.
 */
export async function collectReports(
  children: MapResults['children'],
  log: { group: string | undefined; startMs: number; endMs: number; alone: boolean },
): Promise<InferenceReports> {
  const byRequest = new Map(children.flatMap(({ report }) => (report ? [[report.requestId, report] as const] : [])));
  const wanted = new Set(children.flatMap(({ requestId }) => requestId ?? []));
  if (!log.group) return { byRequest, extra: [] };
  const extra: InvocationReport[] = [];
  const window = { startMs: log.startMs - MARGIN_MS, endMs: log.endMs + MARGIN_MS };
  for (const { message } of await findLogLines({
    group: log.group,
    text: 'REPORT RequestId',
    ...window,
    limit: 100_000,
  }))
    for (const report of findReports(message)) {
      if (byRequest.has(report.requestId)) continue;
      if (wanted.has(report.requestId)) byRequest.set(report.requestId, report);
      else if (log.alone) extra.push(report);
    }
  return { byRequest, extra };
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
  const window = { startMs: startMs - MARGIN_MS, endMs: endMs + MARGIN_MS };
  const lines = await findLogLines({ group, text: requestId, ...window });
  return lines.flatMap(({ message }) => findReports(message)).find((report) => report.requestId === requestId);
}

/** In `"SdkResponseMetadata":{"RequestId":"…"}` of a result, `"requestId":"…"` or `RequestId: …` of a cause. */
const REQUEST_ID = /RequestId\\?"?:\s*\\?"?([0-9a-f]{8}-[0-9a-f-]{27})/i;
