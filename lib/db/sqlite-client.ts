import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';

/** The driver's own client: what Prisma's adapter speaks to, and what bulk statements use directly. */
export type LibsqlClient = ReturnType<PrismaLibSql['createClient']>;

/** How long a statement waits while another process writes. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens an SQLite database in write-ahead mode, where readers and one writer of several processes do not hinder each
 * other. Foreign keys are on and `synchronous` is FULL on each of libsql's connections: what was acknowledged survives
 * a power cut too.
 * @param url `file:` URL; folders are made.
 */
export async function openLibsql(url: string): Promise<{ client: LibsqlClient; adapter: PrismaLibSql }> {
  mkdirSync(path.dirname(url.replace(/^file:(\/\/)?/, '')), { recursive: true });
  const config = { url, timeout: BUSY_TIMEOUT_MS };
  const client = new PrismaLibSql(config).createClient(config);
  await client.execute('PRAGMA journal_mode = WAL');
  return { client, adapter: new SharedClient(config, client) };
}

/** Prisma's adapter on a client that is open already, so that both see the same connection. */
class SharedClient extends PrismaLibSql {
  #client: LibsqlClient;
  constructor(config: { url: string; timeout: number }, client: LibsqlClient) {
    super(config);
    this.#client = client;
  }
  override createClient(): LibsqlClient {
    return this.#client;
  }
}
