import type { PrismaClient } from './generated/sqlite/client.ts';
import type { Statement, Statements } from './statements.ts';

/** The dashboard's database, SQLite or Postgres, opened and migrated. */
export interface OpenedDatabase {
  /** Typed by SQLite's client, whose queries both have. */
  prisma: PrismaClient;
  statements: Statements;
  /** A filter for texts that contain another one, whatever its case. */
  containing(text: string): { contains: string };
  /** Runs statements as one transaction. */
  writeTogether(statements: Statement[]): Promise<void>;
  close(): Promise<void>;
}
