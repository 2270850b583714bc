import { env, projectFolder } from '../env.ts';
import { PrismaClient } from './generated/client.ts';
import { migrate } from './migrate.ts';
import { type LibsqlClient, openLibsql } from './open.ts';

export interface Database {
  prisma: PrismaClient;
  /** Runs statements as one transaction, on the connection that Prisma uses too. */
  writeTogether(statements: Statement[]): Promise<void>;
  close(): Promise<void>;
}

export interface Statement {
  sql: string;
  args: (string | number | null)[];
}

/**
 * The dashboard's database, opened and migrated once per process. Next loads modules more than once, hence the global.
 */
export function database(): Promise<Database> {
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
  __starmapDatabase?: { url: string; opening: Promise<Database> };
};

async function open(url: string): Promise<Database> {
  const { client, adapter } = await openLibsql(url);
  await migrate(client, projectFolder('prisma/migrations'));
  const prisma = new PrismaClient({ adapter });
  return {
    prisma,
    writeTogether: (statements) => writeTogether(client, statements),
    close: () => prisma.$disconnect(),
  };
}

async function writeTogether(client: LibsqlClient, statements: Statement[]): Promise<void> {
  // libsql's own `transaction` would leave a connection behind each time; `batch` stays on this one.
  await client.batch(statements, 'write');
}
