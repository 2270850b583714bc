import { env, isPostgres } from '../env.ts';
import type { OpenedDatabase } from './opened-database.ts';

/**
 * The dashboard's database, opened and migrated once per process. Next loads modules more than once, hence the global.
 */
export function database(): Promise<OpenedDatabase> {
  const { databaseUrl } = env();
  const kept = shared.__starmapDatabase;
  if (kept?.url === databaseUrl) return kept.opening;
  const opening = open(databaseUrl);
  shared.__starmapDatabase = { url: databaseUrl, opening };
  opening.catch(() => {
    shared.__starmapDatabase = undefined;
  });
  return opening;
}

const shared = globalThis as typeof globalThis & {
  __starmapDatabase?: { url: string; opening: Promise<OpenedDatabase> };
};

/** Only the driver in use is loaded. */
async function open(url: string): Promise<OpenedDatabase> {
  if (isPostgres(url)) return (await import('./postgres.ts')).openPostgres(url);
  return (await import('./sqlite.ts')).openSqlite(url);
}
