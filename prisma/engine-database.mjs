// The two kinds of database that prisma/schema-engine.mjs works on: how each is reached, made and emptied.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaPg } from '@prisma/adapter-pg';

/**
 * @param {string} url `file:` or `postgresql:`
 * @returns what the engine needs of the database; `empty` is missing where the engine can empty it itself.
 */
export function engineDatabase(url) {
  return /^postgres(ql)?:/.test(url) ? postgres(url) : sqlite(url);
}

function sqlite(url) {
  const file = url.replace(/^file:(\/\/)?/, '').split('?')[0];
  const remove = () => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
  };
  const factory = () => new PrismaLibSql({ url });
  return {
    name: path.basename(file),
    /** As Prisma creates it; the server's own migrator (lib/db/sqlite-migrations.ts) writes the same. */
    migrationsTable: `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
      "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
      "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
      "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`,
    missing: () => !existsSync(file),
    create: () => withConnection(factory(), (connection) => connection.executeScript('SELECT 1')),
    drop: remove,
    // The engine empties by PRAGMA writable_schema, which libsql refuses: a new file is the same to SQLite.
    empty: remove,
    /** The engine hands whole migration scripts to the shadow database's `executeRaw`, which prepares one statement only. */
    factory() {
      const made = factory();
      const connectToShadowDb = made.connectToShadowDb.bind(made);
      made.connectToShadowDb = async () => {
        const shadow = await connectToShadowDb();
        const executeRaw = shadow.executeRaw.bind(shadow);
        shadow.executeRaw = async (query) => {
          if (query.args.length > 0) return executeRaw(query);
          await shadow.executeScript(query.sql);
          return 0;
        };
        return shadow;
      };
      return made;
    },
  };
}

function postgres(url) {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const toDatabase = (database) => {
    const changed = new URL(url);
    changed.pathname = `/${database}`;
    return changed.toString();
  };
  const onServer = (sql) => withConnection(readable(toDatabase('postgres')), (server) => server.executeScript(sql));
  return {
    name,
    /** As Prisma creates it; the server's own migrator (lib/db/postgres-migrations.ts) writes the same. */
    migrationsTable: `CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
      migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
      started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`,
    missing: () => false,
    create: () => onServer(`CREATE DATABASE ${quoted}`),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${quoted}`),
    /** The adapter's own shadow database would be the real one again: a connection string wins over the name beside it. */
    factory() {
      const made = readable(url);
      made.connectToShadowDb = async () => {
        const shadowName = `starmap_shadow_${process.pid}_${Date.now()}`;
        await onServer(`CREATE DATABASE ${shadowName}`);
        const shadow = await readable(toDatabase(shadowName)).connect();
        const dispose = shadow.dispose.bind(shadow);
        shadow.dispose = async () => {
          await dispose();
          await onServer(`DROP DATABASE ${shadowName} WITH (FORCE)`);
        };
        return shadow;
      };
      return made;
    },
  };
}

/** Type "char" of Postgres's own catalog, which the adapter refuses, and the one it takes instead. */
const CHAR = 18;
const BPCHAR = 1042;

/** A factory whose connections can read what the engine asks of the catalog. */
function readable(connectionString) {
  const factory = new PrismaPg({ connectionString, max: 2 });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const connection = await connect();
    const pool = connection.underlyingDriver();
    const query = pool.query.bind(pool);
    pool.query = async (...args) => {
      const result = await query(...args);
      for (const field of result.fields ?? []) if (field.dataTypeID === CHAR) field.dataTypeID = BPCHAR;
      return result;
    };
    return connection;
  };
  return factory;
}

async function withConnection(factory, work) {
  const connection = await factory.connect();
  try {
    return await work(connection);
  } finally {
    await connection.dispose();
  }
}
