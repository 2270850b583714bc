import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { database } from './database.ts';
import { DatabaseError } from './database-error.ts';
import { findExperiments, insertExperiment } from './experiments.ts';
import { type Postgres, postgresAbsent, startPostgres } from './postgres.fixture.ts';
import { refuseOldServer } from './postgres-pool.ts';
import { findItemGrid, insertItems } from './run-items.ts';
import { newExperiment } from './runs.fixture.ts';
import { findRun } from './runs.ts';

describe.skipIf(postgresAbsent !== null)(`Postgres${postgresAbsent ? ` (left out: ${postgresAbsent})` : ''}`, () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => postgres.stop());

  const changed = async (change: (url: URL) => void) => {
    const url = new URL(await postgres.url('postgres'));
    change(url);
    return url.toString();
  };
  /** What is said of a database that cannot be opened. */
  const problemOf = async (url: string) => {
    vi.stubEnv('DATABASE_URL', url);
    const error: Error = await database().then(
      () => expect.unreachable(),
      (caught) => caught,
    );
    expect(error.name).toBe('DatabaseError');
    for (const secret of ['se:cret', 'se%3Acret', 'wrong-secret']) expect(error.message).not.toContain(secret);
    return error.message;
  };

  test('what is wrong with a server is said in one sentence that names DATABASE_URL, without the password', async () => {
    const place = `The database of DATABASE_URL (postgresql://starmap@127.0.0.1:${postgres.port}/postgres)`;
    expect(
      await problemOf(
        await changed((url) => {
          url.password = 'wrong-secret';
        }),
      ),
    ).toMatch(`${place} refused user starmap: the password is wrong or missing.`);
    expect(
      await problemOf(
        await changed((url) => {
          url.password = '';
        }),
      ),
    ).toMatch(`${place} refused user starmap: the password is wrong or missing.`);
    expect(
      await problemOf(
        await changed((url) => {
          url.pathname = '/nowhere';
        }),
      ),
    ).toMatch(/\/nowhere\) does not exist: make it \(createdb nowhere\), or correct the name\.$/);
    expect(
      await problemOf(
        await changed((url) => {
          url.port = '1';
        }),
      ),
    ).toMatch(/127\.0\.0\.1:1\/postgres\) does not answer: nothing listens there\./);
    expect(await problemOf(await changed((url) => url.searchParams.set('host', '/nowhere')))).toMatch(
      /starmap@\/nowhere\/postgres\) does not answer: nothing listens there\./,
    );
    expect(await problemOf(await changed((url) => url.searchParams.set('sslmode', 'require')))).toBe(
      `${place} takes no encrypted connections: leave sslmode out, or set up TLS at the server.`,
    );
    expect(await problemOf(await changed((url) => url.searchParams.set('schema', 'nowhere')))).toBe(
      `${place} has no schema nowhere: make it (CREATE SCHEMA), or correct ?schema=.`,
    );
  });

  test('a user who may not make tables is told so; who may needs no more than that', async () => {
    const database_ = await postgres.url();
    const name = new URL(database_).pathname.slice(1);
    await postgres.sql("CREATE ROLE guest LOGIN PASSWORD 'wrong-secret'");
    const url = new URL(database_);
    url.username = 'guest';
    url.password = 'wrong-secret';
    expect(await problemOf(url.toString())).toMatch(
      /does not let user guest make tables: permission denied for schema public\. Let it \(GRANT CREATE ON SCHEMA public\)/,
    );
    await postgres.sql('GRANT CREATE ON SCHEMA public TO guest', name);
    vi.stubEnv('DATABASE_URL', url.toString());
    expect(await findExperiments()).toEqual([]);
    await (await database()).close();
  });

  test('a server that is too old is named with its version', () => {
    expect(() => refuseOldServer(130_014)).toThrow('is PostgreSQL 13: Starmap needs 14 or newer');
    expect(() => refuseOldServer(140_000)).not.toThrow();
  });

  test('?schema= keeps the tables apart from others of the same name', async () => {
    const url = await postgres.url();
    const name = new URL(url).pathname.slice(1);
    await postgres.sql('CREATE SCHEMA "Star map"; CREATE TABLE public."Run" (id int)', name);
    vi.stubEnv('DATABASE_URL', `${url}?schema=Star%20map`);
    await insertExperiment(...newExperiment('e-1', ['r-1'], new Date()));
    await insertItems('r-1', [{ rank: 0, partitions: [] }]);
    expect(await findRun('r-1')).toMatchObject({ status: 'QUEUED' });
    expect(await findItemGrid('r-1')).toHaveLength(1);
    await (await database()).close();
    expect(await postgres.sql('SELECT count(*) FROM "Star map"."Run"', name)).toEqual(['1']);
  });

  test('the server goes away: that is told as such, and work goes on when it is back', async () => {
    vi.stubEnv('DATABASE_URL', await postgres.url());
    const work = [() => findExperiments(), () => findItemGrid('r-1'), () => insertItems('r-1', [])];
    const batch = () => insertExperiment(...newExperiment('e-1', ['r-1'], new Date()));
    for (const each of work) await each();
    await postgres.kill();
    for (const each of [...work.slice(0, 2), batch]) {
      const error = await each().then(
        () => expect.unreachable(),
        (caught) => caught,
      );
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error.message).toMatch(/^The database does not answer \(\w+/);
    }
    await postgres.restart();
    await batch();
    expect(await findRun('r-1')).toMatchObject({ status: 'QUEUED' });
    // What the database refuses for its own sake is no such error.
    expect(await batch().catch((error) => error)).not.toBeInstanceOf(DatabaseError);
    await (await database()).close();
  });
});
