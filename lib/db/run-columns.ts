import {
  type CompletenessState,
  completenessStates,
  type ItemCounts,
  type RunDetail,
  type RunMeasures,
  type RunRow,
  type RunStatus,
  runStatuses,
} from '../domain/run.ts';
import type { RunInput } from '../domain/run-input.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import { storedText } from './stored-text.ts';

/** A run as the watcher needs it: nothing that only pages show. */
export type ActiveRun = RunRow &
  Pick<RunDetail, 'executionArn' | 'mapRunArn' | 'resultBucket' | 'resultPath' | 'states'> & {
    input: RunInput;
    /** The process that watches it. */
    watcher: string | null;
    historyEventId: number;
    stopRequestedAt: string | null;
  };

/** What changes in a run while it goes on. Absent = unchanged. */
export type RunChanges = Partial<
  Pick<
    ActiveRun,
    | 'status'
    | 'completeness'
    | 'counts'
    | 'startedAt'
    | 'stoppedAt'
    | 'durationMs'
    | 'executionArn'
    | 'mapRunArn'
    | 'historyEventId'
    | 'states'
    | 'error'
    | 'cause'
    | 'stopRequestedAt'
  > &
    Pick<RunDetail, 'report' | 'warnings' | 'measures'>
>;

export const experimentName = { experiment: { select: { name: true } } } satisfies Prisma.RunInclude;

/** Items by state. */
export const countColumns = {
  itemsPending: true,
  itemsRunning: true,
  itemsSucceeded: true,
  itemsFailed: true,
  itemsTimedOut: true,
  itemsAborted: true,
  itemsTotal: true,
} satisfies Prisma.RunSelect;

export const rowColumns = {
  id: true,
  experimentId: true,
  ...experimentName,
  label: true,
  status: true,
  completeness: true,
  settings: true,
  ...countColumns,
  createdAt: true,
  startedAt: true,
  stoppedAt: true,
  durationMs: true,
  mapWallMs: true,
  throughputBps: true,
  samplesPerSecond: true,
  costUsd: true,
  error: true,
  cause: true,
} satisfies Prisma.RunSelect;

export const activeColumns = {
  ...rowColumns,
  input: true,
  executionArn: true,
  mapRunArn: true,
  resultBucket: true,
  resultPath: true,
  states: true,
  historyEventId: true,
  stopRequestedAt: true,
  watcher: true,
} satisfies Prisma.RunSelect;

type RowColumns = Prisma.RunGetPayload<{ select: typeof rowColumns }>;

export function toRunRow(row: RowColumns): RunRow {
  return {
    id: row.id,
    experimentId: row.experimentId,
    experimentName: row.experiment.name,
    label: row.label,
    status: oneOf(runStatuses, row.status),
    completeness: oneOf(completenessStates, row.completeness),
    settings: JSON.parse(row.settings) as RunRow['settings'],
    counts: toCounts(row),
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    stoppedAt: iso(row.stoppedAt),
    durationMs: row.durationMs,
    mapWallMs: row.mapWallMs,
    throughputBps: row.throughputBps,
    samplesPerSecond: row.samplesPerSecond,
    costUsd: row.costUsd,
    error: row.error,
    cause: row.cause,
  };
}

export function toActiveRun(row: Prisma.RunGetPayload<{ select: typeof activeColumns }>): ActiveRun {
  return {
    ...toRunRow(row),
    input: JSON.parse(row.input) as RunInput,
    executionArn: row.executionArn,
    mapRunArn: row.mapRunArn,
    resultBucket: row.resultBucket,
    resultPath: row.resultPath,
    states: JSON.parse(row.states) as RunDetail['states'],
    historyEventId: row.historyEventId,
    stopRequestedAt: iso(row.stopRequestedAt),
    watcher: row.watcher,
  };
}

export function toRunDetail(row: Prisma.RunGetPayload<{ include: typeof experimentName }>): RunDetail {
  return {
    ...toRunRow(row),
    executionArn: row.executionArn,
    mapRunArn: row.mapRunArn,
    resultBucket: row.resultBucket,
    resultPath: row.resultPath,
    input: JSON.parse(row.input),
    states: JSON.parse(row.states) as RunDetail['states'],
    report: parseOr(row.report, null),
    warnings: JSON.parse(row.warnings) as string[],
    measures: row.measures
      ? {
          ...(JSON.parse(row.measures) as Omit<RunMeasures, 'bill' | 'metrics'>),
          bill: parseOr(row.bill, null),
          metrics: parseOr(row.metrics, []),
        }
      : null,
  };
}

function toCounts(row: RowColumns): ItemCounts {
  return {
    pending: row.itemsPending,
    running: row.itemsRunning,
    succeeded: row.itemsSucceeded,
    failed: row.itemsFailed,
    timedOut: row.itemsTimedOut,
    aborted: row.itemsAborted,
    total: row.itemsTotal,
  };
}

export function toColumns(changes: RunChanges): Prisma.RunUpdateManyMutationInput {
  const { counts, states, report, warnings, measures, startedAt, stoppedAt, stopRequestedAt, cause, ...plain } =
    changes;
  return {
    ...plain,
    // What does not run is watched by nobody.
    ...(plain.status && plain.status !== 'RUNNING' && { watcher: null, watchedUntil: null }),
    ...(cause !== undefined && { cause: cause && storedText(cause) }),
    ...(counts && {
      itemsPending: counts.pending,
      itemsRunning: counts.running,
      itemsSucceeded: counts.succeeded,
      itemsFailed: counts.failed,
      itemsTimedOut: counts.timedOut,
      itemsAborted: counts.aborted,
      itemsTotal: counts.total,
    }),
    ...(states && { states: JSON.stringify(states) }),
    ...(report !== undefined && { report: report && JSON.stringify(report) }),
    ...(warnings && { warnings: JSON.stringify(warnings) }),
    ...(measures !== undefined && measureColumns(measures)),
    ...(startedAt !== undefined && { startedAt: startedAt && new Date(startedAt) }),
    ...(stoppedAt !== undefined && { stoppedAt: stoppedAt && new Date(stoppedAt) }),
    ...(stopRequestedAt !== undefined && { stopRequestedAt: stopRequestedAt && new Date(stopRequestedAt) }),
  };
}

function measureColumns(measures: RunMeasures | null) {
  const { bill, metrics, ...rest } = measures ?? { bill: null, metrics: null };
  return {
    measures: measures && JSON.stringify(rest),
    bill: bill && JSON.stringify(bill),
    metrics: metrics && JSON.stringify(metrics),
    mapWallMs: measures?.mapWallMs ?? null,
    throughputBps: measures?.throughputBps ?? null,
    samplesPerSecond: measures?.samplesPerSecond ?? null,
    costUsd: bill?.totalUsd ?? null,
  };
}

/** A string column that holds one of a few words; another one means that a newer Starmap wrote this database. */
function oneOf<T extends RunStatus | CompletenessState>(words: readonly T[], word: string): T {
  const found = words.find((candidate) => candidate === word);
  if (!found) throw new Error(`The database holds the state "${word}", which this version of Starmap does not know.`);
  return found;
}

const parseOr = <T>(text: string | null, otherwise: T): T => (text === null ? otherwise : (JSON.parse(text) as T));
const iso = (date: Date | null) => date?.toISOString() ?? null;
