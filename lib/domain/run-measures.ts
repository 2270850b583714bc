import type { ExecutionInfo } from './execution-info.ts';
import { type PhasesMs, phaseNames } from './phases.ts';
import type { InvocationReport } from './report-line.ts';
import type { Bill, RunMeasures } from './run.ts';
import type { PredictionMetrics } from './run-summary.ts';
import { mean, spread } from './statistics.ts';

export interface MeasuredRun {
  /** ISO times of the execution. */
  startedAt: string | null;
  stoppedAt: string | null;
  /** ISO times of the map's children. */
  children: readonly { startedAt: string | null; stoppedAt: string | null }[];
  /** Records of the items that delivered. */
  infos: readonly ExecutionInfo[];
  /** Of the items that delivered, as billed. */
  phases: readonly PhasesMs[];
  reports: readonly InvocationReport[];
  bill: Bill | null;
  metrics: PredictionMetrics[];
}

/**
 * The figures of a run. Time of the map is wall time, first child start to last child stop, and throughput is all the
 * data over that time; the sum of what the workers claim each is another figure.
 */
export function measureRun({
  startedAt,
  stoppedAt,
  children,
  infos,
  phases,
  reports,
  bill,
  metrics,
}: MeasuredRun): RunMeasures {
  const mapWallMs = wallMs(children);
  const bits = sum(infos.map((info) => info.bytes ?? 0)) * 8;
  const samples = sum(infos.map((info) => info.samples ?? 0));
  return {
    mapWallMs,
    executionWallMs: startedAt && stoppedAt ? Date.parse(stoppedAt) - Date.parse(startedAt) : null,
    modelLoopMs: spread(infos.map(modelLoopMs)),
    billedMs: totalOrNull(reports.map((report) => report.billedMs)),
    maxMemoryUsedMb: reports.length > 0 ? largest(reports.map((report) => report.maxMemoryUsedMb ?? 0)) : null,
    coldStarts: coldStarts(infos, reports),
    throughputBps: perSecond(bits, mapWallMs),
    samplesPerSecond: perSecond(samples, mapWallMs),
    sumOfWorkerThroughputBps: infos.length > 0 ? sum(infos.map((info) => info.throughput_bps)) : null,
    phasesMs: meanPhases(phases),
    modelVersion: modelVersion(infos),
    bill,
    metrics,
  };
}

/** Wall time of an item's model loop, ms; records of the published system tell it by batch. */
export function modelLoopMs(info: ExecutionInfo): number {
  return info.inference_ms ?? info['execution_time (seconds/batch)'] * info.num_batches * 1000;
}

function wallMs(children: MeasuredRun['children']): number | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { startedAt, stoppedAt } of children) {
    if (startedAt) first = Math.min(first, Date.parse(startedAt));
    if (stoppedAt) last = Math.max(last, Date.parse(stoppedAt));
  }
  return last >= first ? last - first : null;
}

/** Mean per item of each phase. */
function meanPhases(phases: readonly PhasesMs[]): PhasesMs | null {
  if (phases.length === 0) return null;
  return Object.fromEntries(phaseNames.map((name) => [name, mean(phases.map((each) => each[name]))])) as PhasesMs;
}

function coldStarts(infos: readonly ExecutionInfo[], reports: readonly InvocationReport[]): number | null {
  if (reports.length > 0) return reports.filter((report) => report.initMs !== null).length;
  const told = infos.flatMap((info) => info.cold_start ?? []);
  return told.length > 0 ? told.filter(Boolean).length : null;
}

function modelVersion(infos: readonly ExecutionInfo[]): string | null {
  const versions = new Set(infos.flatMap((info) => info.model_etag?.replaceAll('"', '') || []));
  return versions.size > 0 ? [...versions].sort().join('+') : null;
}

const perSecond = (amount: number, ms: number | null) => (ms && amount > 0 ? amount / (ms / 1000) : null);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const totalOrNull = (values: readonly (number | null)[]) =>
  values.length > 0 && values.every((value) => value !== null) ? sum(values as number[]) : null;
