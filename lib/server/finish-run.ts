import { type Execution, type ExecutionEvent, historySince, maybeDescribeExecution } from '../aws/executions.ts';
import { maybeGetObject, maybeReadText } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import { abortOpenItems, changeItems, countItems, type ItemChange, insertItems } from '../db/run-items.ts';
import { anotherRunOverlapped, changeWatchedRun } from '../db/runs.ts';
import { billedPhases } from '../domain/billed-phases.ts';
import { checkCompleteness, completenessState } from '../domain/completeness.ts';
import { priceRun } from '../domain/cost.ts';
import { type ExecutionInfo, executionInfo } from '../domain/execution-info.ts';
import { correctedByReport, readFailure } from '../domain/failure-cause.ts';
import { readJsonArray } from '../domain/json-array.ts';
import { combinedKey, summaryKey } from '../domain/keys.ts';
import type { WorkItem } from '../domain/plan.ts';
import type { InvocationReport } from '../domain/report-line.ts';
import type { RunStatus } from '../domain/run.ts';
import { measureRun } from '../domain/run-measures.ts';
import { type CompletenessReport, type RunSummary, runSummary } from '../domain/run-summary.ts';
import { advanceStates } from '../domain/state-progress.ts';
import { collectReports, nameFailedRequests } from './invocation-reports.ts';
import { toItemChange } from './item-change.ts';
import { type ChildResult, readMapResults } from './map-results.ts';
import { readInfos, readPlan } from './read-results.ts';
import { measureUsage } from './run-usage.ts';

/**
 * Stores what a run has come to once its execution has ended: its items, completeness, measures and bill. May be done
 * again: nothing is added up, and the run counts as ended only with the last step.
 */
export async function finishRun(run: ActiveRun): Promise<void> {
  const arn = run.executionArn ?? '';
  const execution = await maybeDescribeExecution(arn);
  const events = await historySince(arn, 0, { withData: true });
  const plan = (await readPlan(run)) ?? [];
  const summary = await readSummary(run);
  const infos = await readRecords(run, summary !== undefined);
  const log = await reportLog(run, events);
  const results = await readMapResults(run);
  const map = { ...results, children: await nameFailedRequests(results.children, log) };
  const reports = await collectReports(map.children, infos, log);
  const bill = priceRun(await measureUsage(run, events, infos, map, reports));

  await insertItems(run.id, plan);
  const changes = itemChanges(infos, map.children, reports.byRequest);
  await changeItems(run.id, changes);
  await abortOpenItems(run.id);

  const status = toRunStatus(execution);
  const report = summary?.completeness ?? countResults(plan, infos, run);
  const startedAt = execution?.startedAt ?? run.startedAt;
  const stoppedAt = execution?.stoppedAt ?? new Date().toISOString();
  const failure = status === 'SUCCEEDED' ? null : readFailure(...whyItEnded(status, execution));
  const measures = measureRun({
    startedAt,
    stoppedAt,
    children: map.children,
    infos,
    phases: changes.flatMap((change) => change.phasesMs ?? []),
    reports: [...reports.byRequest.values(), ...reports.extra],
    bill,
    metrics: summary?.metrics ?? [],
  });
  await changeWatchedRun(run, {
    status,
    completeness: status === 'SUCCEEDED' ? completenessState(report) : 'INCOMPLETE',
    counts: plan.length > 0 ? await countItems(run.id) : run.counts,
    startedAt,
    stoppedAt,
    durationMs: measures.executionWallMs,
    mapRunArn: run.mapRunArn,
    historyEventId: events.at(-1)?.id ?? run.historyEventId,
    states: advanceStates({}, events),
    error: failure?.error ?? null,
    cause: failure?.message ?? null,
    report,
    warnings: [...(summary?.warnings ?? []), ...billWarnings(reports.problem)],
    measures,
  });
}

/** TIMED_OUT is a failure whose error says so; ABORTED was stopped, here or elsewhere. */
function toRunStatus(execution: Execution | undefined): RunStatus {
  if (execution?.status === 'SUCCEEDED') return 'SUCCEEDED';
  return execution?.status === 'ABORTED' ? 'STOPPED' : 'FAILED';
}

/** Whoever stops an execution elsewhere need not say why. */
function whyItEnded(status: RunStatus, execution: Execution | undefined) {
  const { error, cause } = execution ?? {};
  return status === 'STOPPED' && !error && !cause
    ? (['Stopped', 'Stopped outside Starmap, without a reason.'] as const)
    : ([error, cause] as const);
}

/** Written by Summarize as its last file, so what it counts is there. */
async function readSummary(run: ActiveRun): Promise<RunSummary | undefined> {
  const text = await maybeReadText(run.resultBucket, summaryKey(run.resultPath));
  if (text === undefined) return undefined;
  // One that cannot be understood is as good as none: then the results are counted here.
  return runSummary.safeParse(maybeJson(text)).data;
}

/** The records of the items: from the combined file where Summarize came to its end, else one by one. */
async function readRecords(run: ActiveRun, combined: boolean): Promise<ExecutionInfo[]> {
  const file = combined && (await maybeGetObject(run.resultBucket, combinedKey(run.resultPath, 'combined_data.json')));
  if (!file) return readInfos(run);
  const infos: ExecutionInfo[] = [];
  for await (const element of readJsonArray(file.body)) infos.push(executionInfo.parse(element));
  return infos;
}

async function reportLog(run: ActiveRun, events: readonly ExecutionEvent[]) {
  const startMs = Date.parse(events.at(0)?.at ?? run.createdAt);
  const endMs = Date.parse(events.at(-1)?.at ?? run.createdAt);
  const others = await anotherRunOverlapped(run, new Date(startMs));
  return { group: connection().logGroups[`inference-${run.settings.memoryMb}`], startMs, endMs, alone: !others };
}

function itemChanges(
  infos: readonly ExecutionInfo[],
  children: readonly ChildResult[],
  reports: Map<string, InvocationReport>,
): ItemChange[] {
  const changes = new Map<number, ItemChange>();
  for (const info of infos) if (info.rank !== undefined) changes.set(info.rank, toItemChange(info.rank, info));
  for (const child of children) {
    if (child.rank === null) continue;
    const { rank, startedAt, stoppedAt, error, cause } = child;
    const delivered = changes.get(rank);
    // A result that is there counts, whatever became of a later attempt.
    changes.set(rank, {
      ...delivered,
      rank,
      status: delivered ? 'SUCCEEDED' : child.status,
      startedAt,
      stoppedAt,
      requestId: delivered?.requestId ?? child.requestId,
      ...(delivered ? {} : { error, cause }),
    });
  }
  const recordMs = new Map(children.map((child) => [child.requestId, child.recordMs]));
  for (const change of changes.values()) {
    const report = change.requestId ? reports.get(change.requestId) : undefined;
    if (change.phasesMs) {
      change.phasesMs = billedPhases(change.phasesMs, recordMs.get(change.requestId ?? null) ?? null, report ?? null);
    }
    if (!report) continue;
    change.billedMs = report.billedMs;
    change.maxMemoryMb = report.maxMemoryUsedMb ?? change.maxMemoryMb;
    change.coldStart = report.initMs !== null;
    change.durationMs ??= report.durationMs;
    if (change.cause) change.cause = correctedByReport(change.cause, report);
  }
  return [...changes.values()];
}

const billWarnings = (problem: string | null) =>
  problem === null ? [] : [`The log could not be read: ${problem} The bill uses what the items measured themselves.`];

/** Where Summarize did not get to count. */
function countResults(plan: WorkItem[], infos: ExecutionInfo[], run: ActiveRun): CompletenessReport | null {
  if (plan.length === 0) return null;
  const partitions = plan.flatMap((item) => item.partitions);
  const expected = {
    items: plan.length,
    partitions: partitions.length,
    bytes: partitions.reduce((sum, part) => sum + part.size_bytes, 0),
    samples: run.settings.samples,
  };
  const found = infos.map((info) => ({
    rank: info.rank ?? -1,
    keys: info.data_paths ?? [info.data_path],
    samples: info.samples ?? 0,
    bytes: info.bytes ?? 0,
  }));
  return checkCompleteness(expected, plan, found);
}

function maybeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
