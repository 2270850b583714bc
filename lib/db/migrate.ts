import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A migration file was changed after a database had applied it, or Prisma left one half done. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file, as Prisma books it. */
  checksum: string;
}

/** A line of Prisma's own book, `_prisma_migrations`. */
export interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
}

/** A database as its migrations see it. */
export interface MigratedDatabase {
  /** Makes the book where there is none. */
  history(): Promise<AppliedMigration[]>;
  /**
   * Applies a migration and books it, in one transaction in which no other process does the same.
   * @param isApplied looks into the book as it is within that transaction
   * @returns false where another process was faster.
   */
  apply(migration: Migration, isApplied: (history: AppliedMigration[]) => boolean): Promise<boolean>;
}

/**
 * Applies the migrations that a database lacks, in Prisma's own book-keeping, so that `prisma migrate` and this agree.
 * Several processes may do it at once.
 * @param folder `prisma/migrations/<kind of database>`
 * @returns names of the migrations applied now.
 */
export async function migrate(database: MigratedDatabase, folder: string): Promise<string[]> {
  const known = await database.history();
  const applied: string[] = [];
  for (const migration of readMigrations(folder)) {
    if (isApplied(known, migration)) continue;
    if (await database.apply(migration, (history) => isApplied(history, migration))) applied.push(migration.name);
  }
  return applied;
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => existsSync(path.join(folder, name, 'migration.sql')))
    .sort()
    .map((name) => {
      const bytes = readFileSync(path.join(folder, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    });
}

function isApplied(history: AppliedMigration[], { name, checksum }: Migration): boolean {
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
