import { randomUUID } from 'node:crypto';
import { type AppliedMigration, type MigratedDatabase, MigrationError } from './migrate.ts';
import type { LibsqlClient } from './sqlite-client.ts';

/** As Prisma creates it on SQLite. */
const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`;

/** Each migration is one immediate transaction, so a second process that starts finds it applied. */
export function sqliteMigrations(client: LibsqlClient): MigratedDatabase {
  return {
    async history() {
      await client.execute(TABLE);
      return readHistory(client);
    },
    async apply({ name, sql, checksum }, isApplied) {
      // Inside a transaction this PRAGMA does nothing, and files that rebuild a table rely on it.
      await client.execute('PRAGMA foreign_keys = OFF');
      // The transaction takes this connection along; the client opens a new one, with foreign keys on, for what follows.
      const transaction = await client.transaction('write');
      try {
        if (isApplied(await readHistory(transaction))) return false;
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
    },
  };
}

async function readHistory(source: Pick<LibsqlClient, 'execute'>): Promise<AppliedMigration[]> {
  const { rows } = await source.execute(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows.map((row) => ({
    name: String(row.migration_name),
    checksum: String(row.checksum),
    finished: row.finished_at !== null,
  }));
}
