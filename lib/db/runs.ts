import type { Page } from '../domain/page.ts';
import type { RunDetail, RunRow, RunStatus } from '../domain/run.ts';
import type { RunsQuery } from '../domain/runs-query.ts';
import { database } from './database.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import type { OpenedDatabase } from './opened-database.ts';
import {
  type ActiveRun,
  activeColumns,
  countColumns,
  experimentName,
  type RunChanges,
  rowColumns,
  toActiveRun,
  toColumns,
  toRunDetail,
  toRunRow,
} from './run-columns.ts';

export async function findRunPage(query: RunsQuery): Promise<Page<RunRow>> {
  const { prisma, containing } = await database();
  const where = toWhere(query, containing);
  const [rows, total] = await Promise.all([
    prisma.run.findMany({
      where,
      select: rowColumns,
      orderBy: [toOrder(query), { createdAt: 'desc' }, { position: 'asc' }],
      skip: (query.page - 1) * query.pageSize,
      take: query.pageSize,
    }),
    prisma.run.count({ where }),
  ]);
  return { rows: rows.map(toRunRow), total, page: query.page, pageSize: query.pageSize };
}

/** The runs that are under way, those of the newest experiment first. */
export async function findRunningRuns(limit: number): Promise<RunRow[]> {
  return findRuns('RUNNING', [{ createdAt: 'desc' }, { position: 'asc' }], limit);
}

/** Runs that ended so, the last one first: those of one experiment were all created at once. */
export async function findLastEndedRuns(status: 'SUCCEEDED' | 'FAILED', limit: number): Promise<RunRow[]> {
  return findRuns(status, [{ stoppedAt: { sort: 'desc', nulls: 'last' } }, { createdAt: 'desc' }], limit);
}

async function findRuns(
  status: RunStatus,
  orderBy: Prisma.RunOrderByWithRelationInput[],
  take: number,
): Promise<RunRow[]> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({ where: { status }, select: rowColumns, orderBy, take });
  return rows.map(toRunRow);
}

/** Runs in the order of the ids; unknown ids are left out. */
export async function findRunsById(ids: string[]): Promise<RunDetail[]> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({ where: { id: { in: ids } }, include: experimentName });
  const byId = new Map(rows.map((row) => [row.id, toRunDetail(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function findRun(id: string): Promise<RunDetail | null> {
  return (await findRunsById([id]))[0] ?? null;
}

/** The runs that have been started and have not ended, oldest first. */
export async function findActiveRuns(): Promise<ActiveRun[]> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({
    where: { status: 'RUNNING' },
    select: activeColumns,
    orderBy: [{ createdAt: 'asc' }, { position: 'asc' }],
  });
  return rows.map(toActiveRun);
}

/** The runs that wait or run, with what changes in them while they do. */
export async function findUnendedRuns() {
  const { prisma } = await database();
  const unended = { in: ['QUEUED', 'RUNNING'] satisfies RunStatus[] };
  return prisma.run.findMany({
    where: { status: unended },
    select: {
      id: true,
      watcher: true,
      status: true,
      historyEventId: true,
      ...countColumns,
    },
  });
}

export async function findActiveRun(id: string): Promise<ActiveRun | null> {
  const { prisma } = await database();
  const row = await prisma.run.findUnique({ where: { id }, select: activeColumns });
  return row && toActiveRun(row);
}

/** The next runs in the queue of the services with this bucket, first come first served. */
export async function findQueuedRuns(limit: number, resultBucket: string): Promise<ActiveRun[]> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({
    where: { status: 'QUEUED', resultBucket },
    select: activeColumns,
    orderBy: [{ createdAt: 'asc' }, { position: 'asc' }],
    take: limit,
  });
  return rows.map(toActiveRun);
}

export async function countRuns(status: RunStatus): Promise<number> {
  const { prisma } = await database();
  return prisma.run.count({ where: { status } });
}

/** Runs with this model package or on this dataset that wait or run. */
export async function countUnendedRuns(of: { modelId: string } | { datasetId: string }): Promise<number> {
  const { prisma } = await database();
  const unended = { in: ['QUEUED', 'RUNNING'] satisfies RunStatus[] };
  return prisma.run.count({ where: { ...of, status: unended } });
}

/** Sum of the bills of the runs that stopped at or after a time, USD. */
export async function sumCostSince(from: Date): Promise<number> {
  const { prisma } = await database();
  const sum = await prisma.run.aggregate({ where: { stoppedAt: { gte: from } }, _sum: { costUsd: true } });
  return sum._sum.costUsd ?? 0;
}

/** Whether another run on the same services with the same memory, so the same function, was going on at some moment since `from`. */
export async function anotherRunOverlapped(run: ActiveRun, from: Date): Promise<boolean> {
  const { prisma } = await database();
  const other = await prisma.run.findFirst({
    where: {
      id: { not: run.id },
      resultBucket: run.resultBucket,
      memoryMb: run.settings.memoryMb,
      startedAt: { not: null },
      OR: [{ status: 'RUNNING' }, { stoppedAt: { gte: from } }],
    },
    select: { id: true },
  });
  return other !== null;
}

/**
 * Changes a run.
 * @param from only if it is in this state now
 * @returns false where it is not (any more)
 */
export async function changeRun(id: string, changes: RunChanges, from?: RunStatus): Promise<boolean> {
  return changeRunWhere({ id, ...(from ? { status: from } : {}) }, changes);
}

/**
 * Changes a running run for the process that watches it.
 * @param run as that process read it
 * @returns false where another process watches it by now, or it has ended: then nothing is changed.
 */
export async function changeWatchedRun(
  { id, watcher }: Pick<ActiveRun, 'id' | 'watcher'>,
  changes: RunChanges,
): Promise<boolean> {
  return changeRunWhere({ id, watcher, status: 'RUNNING' satisfies RunStatus }, changes);
}

async function changeRunWhere(where: Prisma.RunWhereInput, changes: RunChanges): Promise<boolean> {
  const { prisma } = await database();
  const { count } = await prisma.run.updateMany({
    where,
    data: toColumns(changes),
  });
  return count > 0;
}

/** Deletes those of the runs that have ended, with their items; experiments left without runs go too. */
export async function deleteEndedRuns(ids: string[]): Promise<number> {
  const { prisma } = await database();
  const ended = { in: ['SUCCEEDED', 'FAILED', 'STOPPED'] satisfies RunStatus[] };
  const { count } = await prisma.run.deleteMany({ where: { id: { in: ids }, status: ended } });
  await prisma.experiment.deleteMany({ where: { runs: { none: {} } } });
  return count;
}

function toWhere(
  { status, experimentId, search }: RunsQuery,
  containing: OpenedDatabase['containing'],
): Prisma.RunWhereInput {
  return {
    ...(status ? { status: { in: status } } : {}),
    ...(experimentId ? { experimentId } : {}),
    ...(search
      ? {
          OR: [
            { id: containing(search) },
            { label: containing(search) },
            { datasetId: containing(search) },
            { experiment: { name: containing(search) } },
          ],
        }
      : {}),
  };
}

function toOrder({ sort, order }: RunsQuery): Prisma.RunOrderByWithRelationInput {
  const mayBeNull = ['durationMs', 'mapWallMs', 'throughputBps', 'costUsd'].includes(sort);
  return { [sort]: mayBeNull ? { sort: order, nulls: 'last' } : order };
}
