import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LibsqlClient } from './open.ts';

/** A migration file was changed after a database had applied it, or Prisma left one half done. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/**
 * Applies the migrations that a database lacks, in Prisma's own book-keeping, so that `prisma migrate` and this agree.
 * Two processes may do it at once: each migration is one immediate transaction, and the second finds it applied.
 * @param folder `prisma/migrations`
 * @returns names of the migrations applied now.
 */
export async function migrate(client: LibsqlClient, folder: string): Promise<string[]> {
  await client.execute(TABLE);
  const known = await readHistory(client);
  const applied: string[] = [];
  for (const { name, sql, checksum } of readMigrations(folder)) {
    if (isApplied(known, name, checksum)) continue;
    if (await apply(client, name, sql, checksum)) applied.push(name);
  }
  return applied;
}

interface HistoryRow {
  name: string;
  checksum: string;
  finished: boolean;
}

/** As Prisma creates it on SQLite. */
const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`;

function readMigrations(folder: string): { name: string; sql: string; checksum: string }[] {
  return readdirSync(folder)
    .filter((name) => existsSync(path.join(folder, name, 'migration.sql')))
    .sort()
    .map((name) => {
      const bytes = readFileSync(path.join(folder, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    });
}

async function readHistory(source: Pick<LibsqlClient, 'execute'>): Promise<HistoryRow[]> {
  const { rows } = await source.execute(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows.map((row) => ({
    name: String(row.migration_name),
    checksum: String(row.checksum),
    finished: row.finished_at !== null,
  }));
}

function isApplied(history: HistoryRow[], name: string, checksum: string): boolean {
  const row = history.find((candidate) => candidate.name === name);
  if (!row) return false;
  if (!row.finished)
    throw new MigrationError(`The migration ${name} was begun by prisma and not finished: run prisma migrate resolve.`);
  if (row.checksum !== checksum)
    throw new MigrationError(
      `The migration ${name} was edited after this database applied it. Restore the file, or start with a new database.`,
    );
  return true;
}

/** @returns false where another process was faster. */
async function apply(client: LibsqlClient, name: string, sql: string, checksum: string): Promise<boolean> {
  // Inside a transaction this PRAGMA does nothing, and files that rebuild a table rely on it.
  await client.execute('PRAGMA foreign_keys = OFF');
  // The transaction takes this connection along; the client opens a new one, with foreign keys on, for what follows.
  const transaction = await client.transaction('write');
  try {
    if (isApplied(await readHistory(transaction), name, checksum)) return false;
    const startedAt = Date.now();
    await transaction.executeMultiple(sql);
    const broken = (await transaction.execute('PRAGMA foreign_key_check')).rows[0];
    if (broken)
      throw new MigrationError(`The migration ${name} would leave rows of ${broken.table} without their owner.`);
    await transaction.execute({
      sql: `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
            VALUES (?, ?, ?, ?, ?, 1)`,
      args: [randomUUID(), checksum, Date.now(), name, startedAt],
    });
    await transaction.commit();
    return true;
  } finally {
    transaction.close();
  }
}
