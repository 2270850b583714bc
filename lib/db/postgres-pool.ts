import { PrismaPg } from '@prisma/adapter-pg';
import { DatabaseError } from './database-error.ts';
import { MigrationError } from './migrate.ts';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
/** The driver's own pool: what Prisma's adapter speaks to, and what bulk statements use directly. */
export type PostgresPool = ReturnType<Adapter['underlyingDriver']>;

const CONNECT_TIMEOUT_MS = 10_000;
/** The oldest release that PostgreSQL's own developers still support. */
const OLDEST_VERSION = 14;

/**
 * Connects to Postgres.
 * @throws DatabaseError in plain words where that cannot be done, or where the server is too old.
 */
export async function openPool(url: string): Promise<{ pool: PostgresPool; adapter: PrismaPg; schema: string }> {
  const schema = new URL(url).searchParams.get('schema') ?? 'public';
  const config = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A command of the terminal ends when it is done, not when its idle connections are given up.
    allowExitOnIdle: true,
    application_name: 'starmap',
  };
  const connected = await new PrismaPg(config, { schema }).connect();
  const pool = connected.underlyingDriver();
  try {
    const { rows } = await pool.query('SHOW server_version_num');
    refuseOldServer(Number(rows[0]?.server_version_num));
  } catch (error) {
    await pool.end();
    throw plainProblem(error, url);
  }
  return { pool, adapter: new SharedPool(config, connected, schema), schema };
}

/** Prisma's adapter on a pool that is open already, so that both share its connections. */
class SharedPool extends PrismaPg {
  #connected: Adapter;
  constructor(config: { connectionString: string }, connected: Adapter, schema: string) {
    super(config, { schema });
    this.#connected = connected;
  }
  override async connect(): Promise<Adapter> {
    return this.#connected;
  }
}

/** @param version as `server_version_num` tells it, such as 150004 for 15.4 */
export function refuseOldServer(version: number): void {
  const major = Math.floor(version / 10_000);
  if (major < OLDEST_VERSION)
    throw new DatabaseError(
      `The server of DATABASE_URL is PostgreSQL ${major}: Starmap needs ${OLDEST_VERSION} or newer. Upgrade it, or name another one.`,
    );
}

/** Where a database is, without its password. */
function placeOf(url: string): string {
  const { protocol, username, host, pathname, searchParams } = new URL(url);
  const user = username || searchParams.get('user');
  return `${protocol}//${user ? `${user}@` : ''}${searchParams.get('host') ?? host}${pathname}`;
}

/** The same error in plain words where it is one that its reader can put right. */
export function plainProblem(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError || error instanceof MigrationError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const words = problems.find(([known]) => known.test(code) || known.test(error.message))?.[1];
  const of = new URL(url);
  const named: Record<string, string> = {
    user: decodeURIComponent(of.username) || (of.searchParams.get('user') ?? 'of this system'),
    database: decodeURIComponent(of.pathname.slice(1)) || 'of the name of the user',
    schema: of.searchParams.get('schema') ?? 'public',
    message: error.message,
  };
  const told = (words ?? 'cannot be used: {message}').replace(/\{(\w+)\}/g, (_, name: string) => named[name] ?? '');
  return new DatabaseError(`The database of DATABASE_URL (${placeOf(url)}) ${told}`);
}

/** Codes of the operating system, of TLS and of Postgres, and words of the driver where it gives no code. */
const problems: [RegExp, string][] = [
  [/^(ECONNREFUSED|ENOENT)$/, 'does not answer: nothing listens there. Start PostgreSQL, or correct host and port.'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'does not answer: its host name is not known. Correct it.'],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET)$|timeout|terminated/i,
    'does not answer. Is the host right, and does its firewall let this machine in?',
  ],
  [
    /^28P01$|password must be a string/,
    'refused user {user}: the password is wrong or missing. Correct it; characters such as @ : / in it are written as %40 %3A %2F.',
  ],
  [/^28000$/, 'refused user {user}: {message}. Correct user or sslmode, or let it in (pg_hba.conf of the server).'],
  [/^3D000$/, 'does not exist: make it (createdb {database}), or correct the name.'],
  [/^3F000$/, 'has no schema {schema}: make it (CREATE SCHEMA), or correct ?schema=.'],
  [
    /^42501$/,
    'does not let user {user} make tables: {message}. Let it (GRANT CREATE ON SCHEMA {schema}), or choose another user.',
  ],
  [/^53300$/, 'has no connection left: {message}. Raise its max_connections, or stop other programs.'],
  [/^57P03$/, 'is starting up or shutting down. Try again in a moment.'],
  [/does not support SSL/, 'takes no encrypted connections: leave sslmode out, or set up TLS at the server.'],
  [
    /CERT|UNABLE_TO_VERIFY|certificate/i,
    'shows a certificate that cannot be verified: {message}. Name its authority with sslrootcert=, or write sslmode=no-verify.',
  ],
];
