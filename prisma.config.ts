import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'prisma/config';

// For Prisma's command line only (generate, migrate dev); the server takes its database from lib/env.ts.
// DATABASE_URL says which of the two databases is meant: each has its own generated client and its own migrations.
const home = process.env.STARMAP_HOME || '.starmap';
const url = process.env.DATABASE_URL || `file:${path.join(home, 'starmap.db')}`;
const postgres = /^postgres(ql)?:/.test(url);

export default defineConfig({
  schema: postgres ? postgresSchema() : 'prisma/schema.prisma',
  migrations: { path: `prisma/migrations/${postgres ? 'postgresql' : 'sqlite'}` },
  datasource: { url },
});

/** The models are written down once, for SQLite: for Postgres the same text with another provider and output. */
function postgresSchema(): string {
  const file = path.join(import.meta.dirname, 'lib/db/generated/schema.postgresql.prisma');
  const text = readFileSync(path.join(import.meta.dirname, 'prisma/schema.prisma'), 'utf8')
    .replace('provider = "sqlite"', 'provider = "postgresql"')
    .replace('"../lib/db/generated/sqlite"', '"./postgresql"');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
