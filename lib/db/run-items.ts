import { setImmediate as otherWork } from 'node:timers/promises';
import type { Page } from '../domain/page.ts';
import type { PhasesMs } from '../domain/phases.ts';
import type { WorkItem } from '../domain/plan.ts';
import { type ItemCounts, type ItemStatus, itemStatuses, type RunItemRow } from '../domain/run.ts';
import type { RunItemsQuery } from '../domain/run-items-query.ts';
import { database } from './database.ts';
import type { Prisma } from './generated/sqlite/client.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { storedText } from './stored-text.ts';
import { storedTime } from './stored-time.ts';

/** What became known of an item. Absent or null = as before. */
export type ItemChange = { rank: number } & Partial<
  Omit<RunItemRow, 'rank' | 'keys' | 'sizeBytes'> & { startedAt: string | null; stoppedAt: string | null }
>;

/** Rows per statement: some 10 ms, during which nothing else runs in this process. */
const BATCH = 1_000;

/** Adds a run's items as PENDING; those that are there already stay as they are. */
export async function insertItems(runId: string, items: readonly WorkItem[]): Promise<void> {
  const rows = items.map(({ rank, partitions }) => ({
    rank,
    keys: JSON.stringify(partitions.map(({ key }) => key)),
    sizeBytes: partitions.reduce((sum, part) => sum + part.size_bytes, 0),
  }));
  const { statements } = await database();
  await inBatches(rows, statements.insertItems, runId);
}

/** Changes many items at once. */
export async function changeItems(runId: string, changes: readonly ItemChange[]): Promise<void> {
  const rows = changes.map(({ phasesMs, startedAt, stoppedAt, error, cause, ...plain }) => ({
    ...plain,
    phasesMs: phasesMs && JSON.stringify(phasesMs),
    startedAt: startedAt && storedTime(new Date(startedAt)),
    stoppedAt: stoppedAt && storedTime(new Date(stoppedAt)),
    error: error && storedText(error),
    cause: cause && storedText(cause),
  }));
  const { statements } = await database();
  await inBatches(rows, statements.changeItems, runId);
}

/** What has not ended when its run has: it never will. */
export async function abortOpenItems(runId: string): Promise<void> {
  const { prisma } = await database();
  await prisma.runItem.updateMany({
    where: { runId, status: { in: ['PENDING', 'RUNNING'] satisfies ItemStatus[] } },
    data: { status: 'ABORTED' satisfies ItemStatus },
  });
}

/** Items by state. */
export async function countItems(runId: string): Promise<ItemCounts> {
  const { prisma } = await database();
  const groups = await prisma.runItem.groupBy({ by: ['status'], where: { runId }, _count: true });
  const of = (status: ItemStatus) => groups.find((group) => group.status === status)?._count ?? 0;
  return {
    pending: of('PENDING'),
    running: of('RUNNING'),
    succeeded: of('SUCCEEDED'),
    failed: of('FAILED'),
    timedOut: of('TIMED_OUT'),
    aborted: of('ABORTED'),
    total: groups.reduce((sum, group) => sum + group._count, 0),
  };
}

export async function findItemPage(runId: string, query: RunItemsQuery): Promise<Page<RunItemRow>> {
  const { prisma, containing } = await database();
  const { page, pageSize, sort, order } = query;
  const where = toWhere(runId, query, containing);
  const nulls = sort === 'durationMs' ? { sort: order, nulls: 'last' as const } : order;
  const [rows, total] = await Promise.all([
    prisma.runItem.findMany({
      where,
      orderBy: sort === 'rank' ? { rank: order } : [{ [sort]: nulls }, { rank: 'asc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
    }),
    prisma.runItem.count({ where }),
  ]);
  return { rows: rows.map(toItem), total, page, pageSize };
}

export async function findItem(
  runId: string,
  rank: number,
): Promise<(RunItemRow & { startedAt: string | null; stoppedAt: string | null }) | null> {
  const { prisma } = await database();
  const row = await prisma.runItem.findUnique({ where: { runId_rank: { runId, rank } } });
  return (
    row && {
      ...toItem(row),
      startedAt: row.startedAt?.toISOString() ?? null,
      stoppedAt: row.stoppedAt?.toISOString() ?? null,
    }
  );
}

/** One cell per item, by rank. */
export async function findItemGrid(
  runId: string,
): Promise<{ rank: number; status: ItemStatus; durationMs: number | null }[]> {
  const { prisma, statements } = await database();
  // One JSON text is an order of magnitude cheaper than 10,000 rows through the client.
  const [row] = await prisma.$queryRawUnsafe<{ text: string }[]>(statements.itemGrid, runId);
  const cells = JSON.parse(row?.text ?? '[]') as [number, string, number | null][];
  return cells.map(([rank, status, durationMs]) => ({ rank, status: toStatus(status), durationMs }));
}

/** Phases of the items that delivered, by rank. */
export async function findItemPhases(runId: string): Promise<{ rank: number; phasesMs: PhasesMs }[]> {
  const { prisma } = await database();
  const rows = await prisma.runItem.findMany({
    where: { runId, phasesMs: { not: null } },
    select: { rank: true, phasesMs: true },
    orderBy: { rank: 'asc' },
  });
  return rows.flatMap(({ rank, phasesMs }) =>
    phasesMs === null ? [] : [{ rank, phasesMs: JSON.parse(phasesMs) as PhasesMs }],
  );
}

/** Ranks by state, to see what is still unknown. */
export async function findItemStatuses(runId: string): Promise<Map<number, ItemStatus>> {
  return new Map((await findItemGrid(runId)).map(({ rank, status }) => [rank, status]));
}

async function inBatches(rows: object[], sql: string, runId: string): Promise<void> {
  const { writeTogether } = await database();
  for (let from = 0; from < rows.length; from += BATCH) {
    await writeTogether([{ sql, args: [runId, JSON.stringify(rows.slice(from, from + BATCH))] }]);
    await otherWork();
  }
}

function toWhere(
  runId: string,
  { status, search }: RunItemsQuery,
  containing: OpenedDatabase['containing'],
): Prisma.RunItemWhereInput {
  const rank = search && /^\d{1,9}$/.test(search) ? [{ rank: Number(search) }] : [];
  return {
    runId,
    ...(status ? { status } : {}),
    ...(search ? { OR: [{ keys: containing(search) }, ...rank] } : {}),
  };
}

function toItem(row: Prisma.RunItemGetPayload<object>): RunItemRow {
  return {
    rank: row.rank,
    keys: JSON.parse(row.keys) as string[],
    status: toStatus(row.status),
    sizeBytes: Number(row.sizeBytes),
    samples: row.samples,
    durationMs: row.durationMs,
    modelLoopMs: row.modelLoopMs,
    billedMs: row.billedMs,
    maxMemoryMb: row.maxMemoryMb,
    coldStart: row.coldStart,
    phasesMs: row.phasesMs === null ? null : (JSON.parse(row.phasesMs) as RunItemRow['phasesMs']),
    notANumber: row.notANumber,
    requestId: row.requestId,
    logGroup: row.logGroup,
    logStream: row.logStream,
    error: row.error,
    cause: row.cause,
  };
}

function toStatus(word: string): ItemStatus {
  return itemStatuses.find((status) => status === word) ?? 'PENDING';
}
