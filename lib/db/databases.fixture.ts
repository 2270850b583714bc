import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { postgresAbsent, startPostgres } from './postgres.fixture.ts';

/** The kinds of database that a suite runs on: `describe.each(databaseKinds)('…', ({ absent, start }) => …)`. */
export const databaseKinds = [
  { kind: 'SQLite', absent: null, start: startSqlite },
  {
    kind: postgresAbsent ? `Postgres (left out: ${postgresAbsent})` : 'Postgres',
    absent: postgresAbsent,
    start: startOnPostgres,
  },
] as const;

/** @returns a DATABASE_URL where nothing is yet, and what ends it. */
async function startSqlite(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-sqlite-'));
  return { url: `file:${folder}/starmap.db`, stop: async () => rmSync(folder, { recursive: true }) };
}

async function startOnPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const postgres = await startPostgres();
  return { url: await postgres.url(), stop: postgres.stop };
}
