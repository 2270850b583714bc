import { database } from './database.ts';
import { storedTime } from './stored-time.ts';

// Who may start and watch a run. Times are those of the database's clock: the processes' own may differ.

/**
 * Takes running runs for a watcher, or keeps those that it has: all that no other one has at the moment.
 * @param forMs how long they stay its own if it does not ask again
 * @returns ids of those that it has now.
 */
export async function holdRuns(watcher: string, ids: string[], forMs: number): Promise<string[]> {
  const { prisma, statements } = await database();
  const rows = await prisma.$queryRawUnsafe<{ id: string }[]>(
    statements.holdRuns,
    watcher,
    forMs / 1000,
    JSON.stringify(ids),
  );
  return rows.map(({ id }) => id);
}

/**
 * Takes a run out of the queue, for this watcher to start.
 * @returns false where another one was faster, or the user stopped it.
 */
export async function takeFromQueue(watcher: string, id: string, startedAt: Date, forMs: number): Promise<boolean> {
  const { prisma, statements } = await database();
  const rows = await prisma.$queryRawUnsafe<{ id: string }[]>(
    statements.beginRun,
    watcher,
    forMs / 1000,
    storedTime(startedAt),
    id,
  );
  return rows.length > 0;
}

/** Lets go of all runs of a watcher that ends: another one need not wait for its time to run out. */
export async function releaseRuns(watcher: string): Promise<void> {
  const { prisma } = await database();
  await prisma.run.updateMany({ where: { watcher }, data: { watcher: null, watchedUntil: null } });
}
