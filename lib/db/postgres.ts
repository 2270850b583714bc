import { projectFolder } from '../env.ts';
import { rethrow, saysWhenDown } from './database-down.ts';
import { PrismaClient } from './generated/postgresql/client.ts';
import type { PrismaClient as SqliteClient } from './generated/sqlite/client.ts';
import { migrate } from './migrate.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { postgresMigrations } from './postgres-migrations.ts';
import { openPool, type PostgresPool, plainProblem } from './postgres-pool.ts';
import { postgresStatements } from './postgres-statements.ts';
import type { Statement } from './statements.ts';

/** @param url `postgresql:` URL; `?schema=` names another schema than `public` */
export async function openPostgres(url: string): Promise<OpenedDatabase> {
  const { pool, adapter, schema } = await openPool(url);
  try {
    await migrate(postgresMigrations(pool, schema), projectFolder('prisma/migrations/postgresql'));
  } catch (error) {
    await pool.end();
    throw plainProblem(error, url);
  }
  const prisma = new PrismaClient({ adapter }).$extends(saysWhenDown);
  return {
    // Made of one schema: what SQLite's client can be asked, this one can be asked too.
    prisma: prisma as unknown as SqliteClient,
    statements: postgresStatements(schema),
    containing: insensitive,
    writeTogether: (statements) => writeTogether(pool, statements),
    close: () => prisma.$disconnect(),
  };
}

/** As SQLite compares by itself. In a pattern of Postgres, but not of SQLite, a backslash means the character behind it. */
function insensitive(text: string): { contains: string } {
  const filter = { contains: text.replaceAll('\\', '\\\\'), mode: 'insensitive' };
  return filter;
}

async function writeTogether(pool: PostgresPool, statements: Statement[]): Promise<void> {
  const connection = await pool.connect().catch(rethrow);
  try {
    await connection.query('BEGIN');
    for (const { sql, args } of statements) await connection.query(sql, args);
    await connection.query('COMMIT');
    connection.release();
  } catch (error) {
    // The server ends the transaction with its connection.
    connection.release(true);
    rethrow(error);
  }
}
