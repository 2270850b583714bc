import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { database } from './database.ts';
import { postgresAbsent, startPostgres } from './postgres.fixture.ts';

/** A database of its own for a suite: a DATABASE_URL where nothing is yet, and what removes it. */
interface StartedDatabase {
  url: string;
  stop(): Promise<void>;
}

export type DatabaseKind = 'SQLite' | 'Postgres';

/** Runs a suite on each kind of database, which is new and empty; a kind that is not installed is left out, and says so. */
export function onEachDatabase(suite: (kind: DatabaseKind) => void): void {
  onDatabase('SQLite', null, startSqlite, suite);
  onDatabase('Postgres', postgresAbsent, startOnPostgres, suite);
}

function onDatabase(
  kind: DatabaseKind,
  absent: string | null,
  start: () => Promise<StartedDatabase>,
  suite: (kind: DatabaseKind) => void,
): void {
  describe.skipIf(absent !== null)(absent === null ? kind : `${kind} (left out: ${absent})`, () => {
    let started: StartedDatabase;
    beforeAll(async () => {
      started = await start();
      vi.stubEnv('DATABASE_URL', started.url);
    });
    // Hooks run the other way round at the end: what the suite itself cleans up comes first.
    afterAll(async () => {
      await (await database()).close();
      await started.stop();
      vi.unstubAllEnvs();
    });
    suite(kind);
  });
}

async function startSqlite(): Promise<StartedDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-sqlite-'));
  return { url: `file:${folder}/starmap.db`, stop: async () => rmSync(folder, { recursive: true }) };
}

async function startOnPostgres(): Promise<StartedDatabase> {
  const postgres = await startPostgres();
  return { url: await postgres.url(), stop: postgres.stop };
}
