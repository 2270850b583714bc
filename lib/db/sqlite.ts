import { projectFolder } from '../env.ts';
import { rethrow, saysWhenDown } from './database-down.ts';
import { PrismaClient } from './generated/sqlite/client.ts';
import { migrate } from './migrate.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { openLibsql } from './sqlite-client.ts';
import { sqliteMigrations } from './sqlite-migrations.ts';
import { sqliteStatements } from './sqlite-statements.ts';

/** @param url `file:` URL */
export async function openSqlite(url: string): Promise<OpenedDatabase> {
  const { client, adapter } = await openLibsql(url);
  await migrate(sqliteMigrations(client), projectFolder('prisma/migrations/sqlite'));
  const prisma = new PrismaClient({ adapter }).$extends(saysWhenDown) as unknown as PrismaClient;
  return {
    prisma,
    statements: sqliteStatements,
    containing: (contains) => ({ contains }),
    async writeTogether(statements) {
      // libsql's own `transaction` would leave a connection behind each time; `batch` stays on this one.
      await client.batch(statements, 'write').catch(rethrow);
    },
    close: () => prisma.$disconnect(),
  };
}
