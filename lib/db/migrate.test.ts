import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { projectFolder } from '../env.ts';
import { migrate } from './migrate.ts';
import { openLibsql } from './sqlite-client.ts';
import { sqliteMigrations } from './sqlite-migrations.ts';

const run = promisify(execFile);
// Migrations of SQLite; those of Postgres are tried in postgres-migrations.test.ts.

const folder = mkdtempSync(path.join(tmpdir(), 'starmap-db-'));
const migrations = projectFolder('prisma/migrations/sqlite');
const names = readdirSync(migrations).filter((name) => /^\d/.test(name));
afterAll(() => rmSync(folder, { recursive: true }));

test('a new database gets every migration, and nothing the second time', async () => {
  const { client } = await openLibsql(`file:${folder}/a.db`);
  expect(await migrate(sqliteMigrations(client), migrations)).toEqual(names);
  expect(await migrate(sqliteMigrations(client), migrations)).toEqual([]);
  expect((await client.execute("SELECT count(*) AS n FROM sqlite_master WHERE name = 'RunItem'")).rows[0]?.n).toBe(1);
});

test('connections wait for writers, check foreign keys and sync fully, also the one after a transaction', async () => {
  const { client } = await openLibsql(`file:${folder}/b.db`);
  const pragma = async (name: string) => (await client.execute(`PRAGMA ${name}`)).rows[0]?.[0];
  const all = async () => [await pragma('busy_timeout'), await pragma('foreign_keys'), await pragma('synchronous')];
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await all()).toEqual([10_000, 1, 2]);
  await migrate(sqliteMigrations(client), migrations);
  expect(await all()).toEqual([10_000, 1, 2]);
});

test('two processes that start at once both succeed, and each migration is applied once', async () => {
  const url = `file:${folder}/c.db`;
  const program = `
    const { openLibsql } = await import(${JSON.stringify(path.join(import.meta.dirname, 'sqlite-client.ts'))});
    const { sqliteMigrations } = await import(${JSON.stringify(path.join(import.meta.dirname, 'sqlite-migrations.ts'))});
    const { migrate } = await import(${JSON.stringify(path.join(import.meta.dirname, 'migrate.ts'))});
    const { client } = await openLibsql(${JSON.stringify(url)});
    console.log((await migrate(sqliteMigrations(client), ${JSON.stringify(migrations)})).length);`;
  const starters = [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program]));
  const counts = (await Promise.all(starters)).map(({ stdout }) => Number(stdout));
  expect(counts.reduce((sum, count) => sum + count)).toBe(names.length);
});

test('a migration edited afterwards is refused by name', async () => {
  const copy = path.join(folder, 'edited');
  cpSync(migrations, copy, { recursive: true });
  const { client } = await openLibsql(`file:${folder}/d.db`);
  await migrate(sqliteMigrations(client), copy);
  writeFileSync(path.join(copy, names[0] ?? '', 'migration.sql'), 'SELECT 1;');
  await expect(migrate(sqliteMigrations(client), copy)).rejects.toThrow(`The migration ${names[0]} was edited`);
});

test('a migration that fails leaves nothing behind and runs after its repair', async () => {
  const copy = path.join(folder, 'failing');
  const file = path.join(copy, '20270101000000_more', 'migration.sql');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'CREATE TABLE a (x INTEGER); INSERT INTO nowhere VALUES (1);');
  const { client } = await openLibsql(`file:${folder}/e.db`);
  await expect(migrate(sqliteMigrations(client), copy)).rejects.toThrow('no such table');
  writeFileSync(file, 'CREATE TABLE a (x INTEGER);');
  expect(await migrate(sqliteMigrations(client), copy)).toEqual(['20270101000000_more']);
});

test('a file that rebuilds a table keeps the rows that refer to it', async () => {
  const copy = path.join(folder, 'rebuild');
  const write = (name: string, sql: string) => {
    mkdirSync(path.join(copy, name), { recursive: true });
    writeFileSync(path.join(copy, name, 'migration.sql'), sql);
  };
  write(
    '1_first',
    `CREATE TABLE owner (id INTEGER PRIMARY KEY);
     CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owner(id) ON DELETE CASCADE);
     INSERT INTO owner VALUES (1); INSERT INTO pet VALUES (1, 1);`,
  );
  write(
    '2_rebuild',
    `PRAGMA foreign_keys=OFF;
     CREATE TABLE new_owner (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO new_owner (id) SELECT id FROM owner;
     DROP TABLE owner; ALTER TABLE new_owner RENAME TO owner; PRAGMA foreign_keys=ON;`,
  );
  const { client } = await openLibsql(`file:${folder}/f.db`);
  expect(await migrate(sqliteMigrations(client), copy)).toEqual(['1_first', '2_rebuild']);
  expect((await client.execute('SELECT count(*) AS n FROM pet')).rows[0]?.n).toBe(1);
});

test('a database of an earlier version keeps its rows and gets what it lacks', async () => {
  const earlier = path.join(folder, 'earlier');
  const first = names.slice(0, -1);
  for (const name of first) cpSync(path.join(migrations, name), path.join(earlier, name), { recursive: true });
  const { client } = await openLibsql(`file:${folder}/g.db`);
  await migrate(sqliteMigrations(client), earlier);
  await client.execute("INSERT INTO Experiment VALUES ('e-1', 'kept', '', '2026-11-01T10:00:00.000+00:00', '{}')");
  expect(await migrate(sqliteMigrations(client), migrations)).toEqual(names.slice(-1));
  expect((await client.execute('SELECT name FROM Experiment')).rows[0]?.name).toBe('kept');
});
