import { randomUUID } from 'node:crypto';
import type { AppliedMigration, MigratedDatabase } from './migrate.ts';
import type { PostgresPool } from './postgres-pool.ts';

/** As Prisma creates it on Postgres. */
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/** The advisory lock that `prisma migrate` takes too. */
const LOCK = 72_707_369;

/** @param schema where the tables are made; it must be there, unless it is Postgres's own `public`. */
export function postgresMigrations(pool: PostgresPool, schema: string): MigratedDatabase {
  return {
    history: () => alone(pool, schema, (query) => readHistory(query)),
    apply: ({ name, sql, checksum }, isApplied) =>
      alone(pool, schema, async (query) => {
        if (isApplied(await readHistory(query))) return false;
        const startedAt = new Date();
        await query(sql);
        await query(
          `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
           VALUES ($1, $2, clock_timestamp(), $3, $4, 1)`,
          [randomUUID(), checksum, name, startedAt],
        );
        return true;
      }),
  };
}

type Query = (sql: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

/** One transaction, in the schema, while no other process migrates. */
async function alone<T>(pool: PostgresPool, schema: string, work: (query: Query) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  const query: Query = (sql, values) => connection.query(sql, values);
  try {
    await query('BEGIN');
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await query("SELECT set_config('search_path', quote_ident($1), true)", [schema]);
    const result = await work(query);
    await query('COMMIT');
    connection.release();
    return result;
  } catch (error) {
    // The server ends the transaction with its connection.
    connection.release(true);
    throw error;
  }
}

async function readHistory(query: Query): Promise<AppliedMigration[]> {
  await query(TABLE);
  const { rows } = await query(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows.map((row) => ({
    name: String(row.migration_name),
    checksum: String(row.checksum),
    finished: row.finished_at !== null,
  }));
}
