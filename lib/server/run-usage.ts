import type { ExecutionEvent } from '../aws/executions.ts';
import { type DeployedFunction, maybeDescribeFunction } from '../aws/functions.ts';
import { connection } from '../connection.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import type { FunctionUsage, RunUsage } from '../domain/cost.ts';
import type { ExecutionInfo } from '../domain/execution-info.ts';
import type { InvocationReport } from '../domain/report-line.ts';
import { mean } from '../domain/statistics.ts';
import { type InferenceReports, taskUsage } from './invocation-reports.ts';
import type { MapResults } from './map-results.ts';

/** A LIST answers with this many keys. */
const KEYS_PER_LIST = 1_000;

/** What a run used of each service, for its bill. */
export async function measureUsage(
  run: ActiveRun,
  events: readonly ExecutionEvent[],
  infos: readonly ExecutionInfo[],
  map: MapResults,
  reports: InferenceReports,
): Promise<RunUsage> {
  const inference = await inferenceUsage(run, infos, map, reports);
  const summarized = events.filter(
    ({ type, state }) => type === 'TaskStateEntered' && state?.startsWith('Summarize'),
  ).length;
  const parts = Math.ceil((3 * map.children.length + run.settings.partitions) / KEYS_PER_LIST);
  const itemRequests = infos.map((info) => info.s3_num_requests ?? info.data_paths?.length ?? 1);
  const functions = await Promise.all([tasks('initialize', events), inference, tasks('summarize', events)]);
  return {
    functions: functions.filter((usage) => usage !== null),
    transitions: {
      parent: events.filter(({ type }) => type.endsWith('StateEntered')).length,
      childStarts: map.children.length,
      childStates: Math.max(map.children.length, inference?.invocations ?? 0),
    },
    s3: {
      // items.json, the map's files, record and predictions of each item, four files of Summarize
      puts: 1 + map.files + 2 * infos.length + 4 * summarized,
      // ItemReader and Summarize read items.json; Summarize reads each record and its predictions
      gets: 1 + sum(itemRequests) - infos.length + summarized * (1 + 2 * infos.length),
      lists: 1 + parts + summarized * parts,
    },
    logBytes: map.children.reduce((bytes, child) => bytes + child.logTailBytes, 0),
    published: publishedTerms(infos, [...reports.byRequest.values()]),
  };
}

async function inferenceUsage(
  run: ActiveRun,
  infos: readonly ExecutionInfo[],
  map: MapResults,
  { byRequest, extra, aborted }: InferenceReports,
): Promise<FunctionUsage | null> {
  const reports = [...byRequest.values(), ...extra];
  const reported = new Set(byRequest.keys());
  // Without a REPORT line: what the handler measured of itself, init included as Lambda does.
  const guessed = infos.filter((info) => !info.request_id || !reported.has(info.request_id));
  const invocations = Math.max(reports.length + guessed.length, map.children.length);
  if (invocations === 0) return null;
  const failed =
    extra.length -
    aborted +
    map.children.filter(({ status, requestId }) => status !== 'SUCCEEDED' && reported.has(requestId ?? '')).length;
  const lost = [...(failed > 0 ? [`${failed} failed`] : []), ...(aborted > 0 ? [`${aborted} aborted`] : [])].join(', ');
  const arn = connection().functions.inference[String(run.settings.memoryMb)];
  const billedMs =
    sum(reports.map(billed)) +
    sum(guessed.map((info) => Math.ceil((info.duration_ms ?? 0) + (info.phases_ms?.init ?? 0))));
  return {
    label: lost ? `inference (${lost})` : 'inference',
    invocations,
    billedMs,
    ...(await configuration(arn, reports.find((report) => report.memorySizeMb)?.memorySizeMb ?? run.settings.memoryMb)),
    measured: reports.length === invocations,
  };
}

async function tasks(
  name: 'initialize' | 'summarize',
  events: readonly ExecutionEvent[],
): Promise<FunctionUsage | null> {
  const { functions, logGroups } = connection();
  return taskUsage(name, events, logGroups[name], await configuration(functions[name], 512));
}

async function configuration(
  arn: string | null | undefined,
  memoryMb: number,
): Promise<Pick<FunctionUsage, 'memoryMb' | 'ephemeralMb' | 'architecture'>> {
  const deployed = arn ? await describeOnce(arn) : undefined;
  return {
    memoryMb: deployed?.memoryMb ?? memoryMb,
    ephemeralMb: deployed?.ephemeralMb ?? 512,
    architecture: deployed?.architecture ?? 'x86_64',
  };
}

/** Functions change with a deployment only: asked once per process. One we may not look at is priced by what is known. */
const deployedFunctions = new Map<string, Promise<DeployedFunction | undefined>>();
function describeOnce(arn: string): Promise<DeployedFunction | undefined> {
  const known = deployedFunctions.get(arn) ?? maybeDescribeFunction(arn).catch(() => undefined);
  deployedFunctions.set(arn, known);
  return known;
}

function publishedTerms(infos: readonly ExecutionInfo[], reports: InvocationReport[]): RunUsage['published'] {
  const durations =
    reports.length > 0 ? reports.map((report) => report.durationMs ?? 0) : infos.map((info) => info.duration_ms ?? 0);
  const memories =
    reports.length > 0
      ? reports.map((report) => report.maxMemoryUsedMb ?? 0)
      : infos.map((info) => info.peak_rss_mb ?? 0);
  return {
    requests: durations.length,
    durationMs: durations.length > 0 ? mean(durations) : 0,
    memoryUsedMb: Math.max(0, ...memories),
  };
}

const billed = (report: InvocationReport) =>
  report.billedMs ?? Math.ceil((report.durationMs ?? 0) + (report.initMs ?? 0));
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
