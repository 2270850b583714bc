import { type LaunchForm, launchForm } from '../domain/experiment.ts';
import type { ExperimentDetail, ExperimentRow } from '../domain/experiment-row.ts';
import type { RunSettings, RunStatus } from '../domain/run.ts';
import type { RunInput } from '../domain/run-input.ts';
import { database } from './database.ts';
import { storedTime } from './stored-time.ts';

export interface NewRun {
  id: string;
  label: string;
  settings: RunSettings;
  input: RunInput;
  resultBucket: string;
  resultPath: string;
  /** Items of the map, as far as one can tell before the start. */
  items: number;
}

/** Stores an experiment with all its runs, QUEUED in the order given: all or nothing. */
export async function insertExperiment(
  experiment: { id: string; form: LaunchForm; createdAt: Date },
  runs: NewRun[],
): Promise<void> {
  const { writeTogether, statements } = await database();
  const createdAt = storedTime(experiment.createdAt);
  const { name, question } = experiment.form;
  await writeTogether([
    {
      sql: statements.insertExperiment,
      args: [experiment.id, name, question, createdAt, JSON.stringify(experiment.form)],
    },
    { sql: statements.insertRuns, args: [experiment.id, createdAt, JSON.stringify(runs)] },
  ]);
}

/** All experiments, newest first. */
export async function findExperiments(): Promise<ExperimentRow[]> {
  const { prisma } = await database();
  const [experiments, groups, complete] = await Promise.all([
    prisma.experiment.findMany({ orderBy: { createdAt: 'desc' } }),
    prisma.run.groupBy({ by: ['experimentId', 'status'], _count: true, _sum: { costUsd: true } }),
    prisma.run.groupBy({ by: ['experimentId'], where: { completeness: 'COMPLETE' }, _count: true }),
  ]);
  const rows = new Map(experiments.map((experiment) => [experiment.id, toRow(experiment)]));
  for (const group of groups) {
    const row = rows.get(group.experimentId);
    if (!row) continue;
    row.byStatus[group.status as RunStatus] = group._count;
    row.runs += group._count;
    row.costUsd += group._sum.costUsd ?? 0;
  }
  for (const group of complete) {
    const row = rows.get(group.experimentId);
    if (row) row.complete = group._count;
  }
  return [...rows.values()];
}

export async function findExperiment(id: string): Promise<ExperimentDetail | null> {
  const { prisma } = await database();
  const experiment = await prisma.experiment.findUnique({ where: { id } });
  if (!experiment) return null;
  const [groups, complete, times] = await Promise.all([
    prisma.run.groupBy({ by: ['status'], where: { experimentId: id }, _count: true, _sum: { costUsd: true } }),
    prisma.run.count({ where: { experimentId: id, completeness: 'COMPLETE' } }),
    prisma.run.aggregate({ where: { experimentId: id }, _min: { startedAt: true }, _max: { stoppedAt: true } }),
  ]);
  const row = toRow(experiment);
  for (const group of groups) {
    row.byStatus[group.status as RunStatus] = group._count;
    row.runs += group._count;
    row.costUsd += group._sum.costUsd ?? 0;
  }
  const ended = row.byStatus.QUEUED + row.byStatus.RUNNING === 0;
  return {
    ...row,
    complete,
    startedAt: times._min.startedAt?.toISOString() ?? null,
    stoppedAt: ended ? (times._max.stoppedAt?.toISOString() ?? null) : null,
  };
}

export async function countExperiments(): Promise<number> {
  const { prisma } = await database();
  return prisma.experiment.count();
}

function toRow(experiment: {
  id: string;
  name: string;
  question: string;
  createdAt: Date;
  form: string;
}): ExperimentRow {
  return {
    id: experiment.id,
    name: experiment.name,
    question: experiment.question,
    createdAt: experiment.createdAt.toISOString(),
    runs: 0,
    byStatus: { QUEUED: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0, STOPPED: 0 },
    complete: 0,
    costUsd: 0,
    form: launchForm.parse(JSON.parse(experiment.form)),
  };
}
