import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectFolder } from '../env.ts';
import { migrate } from './migrate.ts';
import { type Postgres, postgresAbsent, startPostgres } from './postgres.fixture.ts';
import { postgresMigrations } from './postgres-migrations.ts';
import { openPool } from './postgres-pool.ts';

const run = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), 'starmap-pg-migrations-'));
const migrations = projectFolder('prisma/migrations/postgresql');
const names = readdirSync(migrations).filter((name) => /^\d/.test(name));

describe.skipIf(postgresAbsent !== null)(`Postgres${postgresAbsent ? ` (left out: ${postgresAbsent})` : ''}`, () => {
  let postgres: Postgres;
  const pools: { end(): Promise<void> }[] = [];
  const open = async (url: string) => {
    const { pool } = await openPool(url);
    pools.push(pool);
    return { pool, database: postgresMigrations(pool, 'public') };
  };
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  test('a new database gets every migration, and nothing the second time', async () => {
    const { database } = await open(await postgres.url());
    expect(await migrate(database, migrations)).toEqual(names);
    expect(await migrate(database, migrations)).toEqual([]);
  });

  test('processes that start at once all succeed, and each migration is applied once', async () => {
    const url = await postgres.url();
    const module = (name: string) => JSON.stringify(path.join(import.meta.dirname, name));
    const program = `
      const { openPool } = await import(${module('postgres-pool.ts')});
      const { postgresMigrations } = await import(${module('postgres-migrations.ts')});
      const { migrate } = await import(${module('migrate.ts')});
      const { pool } = await openPool(${JSON.stringify(url)});
      console.log((await migrate(postgresMigrations(pool, 'public'), ${JSON.stringify(migrations)})).length);
      await pool.end();`;
    const starters = [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program]));
    const counts = (await Promise.all(starters)).map(({ stdout }) => Number(stdout));
    expect(counts.reduce((sum, count) => sum + count)).toBe(names.length);
  });

  test('a migration edited afterwards is refused by name', async () => {
    const copy = path.join(folder, 'edited');
    cpSync(migrations, copy, { recursive: true });
    const { database } = await open(await postgres.url());
    await migrate(database, copy);
    writeFileSync(path.join(copy, names[0] ?? '', 'migration.sql'), 'SELECT 1;');
    await expect(migrate(database, copy)).rejects.toThrow(`The migration ${names[0]} was edited`);
  });

  test('a migration that fails leaves nothing behind and runs after its repair', async () => {
    const file = path.join(folder, 'failing', '20270101000000_more', 'migration.sql');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'CREATE TABLE a (x INTEGER); INSERT INTO nowhere VALUES (1);');
    const { database, pool } = await open(await postgres.url());
    await expect(migrate(database, path.join(folder, 'failing'))).rejects.toThrow('relation "nowhere" does not exist');
    expect((await pool.query("SELECT to_regclass('a') AS a")).rows).toEqual([{ a: null }]);
    writeFileSync(file, 'CREATE TABLE a (x INTEGER);');
    expect(await migrate(database, path.join(folder, 'failing'))).toEqual(['20270101000000_more']);
  });
});
