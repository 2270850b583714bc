import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { database } from '../db/database.ts';
import { type Postgres, postgresAbsent, startPostgres } from '../db/postgres.fixture.ts';
import { projectFolder } from '../env.ts';
import { getRun } from './get-run.ts';
import { installModel } from './install-model.ts';
import { launchExperiment } from './launch.ts';
import { makeDataset } from './make-dataset.ts';
import { stopRun } from './stop-run.ts';

// Two real processes that watch, one real Postgres between them, one real local runtime behind them. A trigger of the
// database writes down who changed what: their names are those of their connections.

interface Event {
  id: string;
  status: string;
  succeeded: number;
}

/** So many partitions that a run of them is still going on when another process has started and taken it over. */
const MANY = 1_000;
/** The five runs take half a minute on an idle machine of two cores. */
const WAIT_MS = 150_000;

interface Dashboard {
  name: string;
  /** What it told its browsers. */
  events: Event[];
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stands still, as on a machine that sleeps, or goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

/** A change of a run: who made it, and the run's state and watcher before and after. */
interface Change {
  run: string;
  by: string;
  from: string;
  to: string;
  watcherBefore: string;
  watcher: string;
  arnBefore: string;
  arn: string;
}

const AUDIT = `
  CREATE TABLE changes (place serial, run text, by text, from_ text, to_ text, watcher_before text, watcher text,
    arn_before text, arn text);
  CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO changes (run, by, from_, to_, watcher_before, watcher, arn_before, arn)
    VALUES (new.id, current_setting('application_name'), old.status, new.status, old.watcher, new.watcher,
      old."executionArn", new."executionArn");
    RETURN new;
  END $$;
  CREATE TRIGGER audit AFTER UPDATE ON "Run" FOR EACH ROW EXECUTE FUNCTION audit();`;

describe.skipIf(postgresAbsent !== null)(`Postgres${postgresAbsent ? ` (left out: ${postgresAbsent})` : ''}`, () => {
  let postgres: Postgres;
  let runtime: RuntimeProcess;
  let url: string;
  const started: Dashboard[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.url();
    runtime = await startRuntimeProcess('real');
    vi.stubEnv('DATABASE_URL', url);
    vi.stubEnv('STARMAP_HOME', runtime.home);
    vi.stubEnv('STARMAP_BACKEND', 'local');
    await database();
    await postgres.sql(AUDIT, new URL(url).pathname.slice(1));
    await installModel(projectFolder('lambdas/models/photoz'), { bucket: 'starmap', prefix: 'models/photoz' });
    const partitionSizeBytes = 50_000;
    for (const [name, partitions] of Object.entries({ many: MANY, few: 5 }))
      await makeDataset({
        bucket: 'starmap',
        prefix: `datasets/${name}`,
        sizeBytes: partitions * partitionSizeBytes,
        partitionSizeBytes,
        seed: 1,
      });
  });
  afterEach(async () => {
    for (const dashboard of started.splice(0)) await dashboard.end('SIGKILL');
  });
  afterAll(async () => {
    await (await database()).close();
    await runtime.remove();
    await postgres.stop();
    vi.unstubAllEnvs();
  });

  function startDashboard(name: string, parallelRuns: number): Dashboard {
    const child = spawn(process.execPath, [`${import.meta.dirname}/watching-process.fixture.ts`], {
      env: {
        ...process.env,
        DATABASE_URL: `${url}?application_name=${name}`,
        STARMAP_PARALLEL_RUNS: String(parallelRuns),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: Event[] = [];
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      events.push(JSON.parse(line) as Event),
    );
    const dashboard: Dashboard = {
      name,
      events,
      end: (signal) => end(child, signal),
      signal: (signal) => child.kill(signal),
    };
    started.push(dashboard);
    return dashboard;
  }

  async function launch(dataset: 'many' | 'few', repeats: number): Promise<string[]> {
    const launched = await launchExperiment({
      name: 'Shared',
      datasets: [`starmap/datasets/${dataset}`],
      dataSizesBytes: [null],
      batchSizes: [16],
      model: 'starmap/models/photoz',
      memoriesMb: [2048],
      maxConcurrency: 0,
      repeats,
    });
    if (!launched.ok) throw new Error(JSON.stringify(launched));
    return launched.value.runIds;
  }

  async function changes(): Promise<Change[]> {
    const { prisma } = await database();
    return prisma.$queryRawUnsafe<Change[]>(`
      SELECT run, by, from_ AS "from", to_ AS "to", watcher_before AS "watcherBefore", watcher,
        arn_before AS "arnBefore", arn FROM changes ORDER BY place`);
  }

  const ended = (id: string) =>
    vi.waitUntil(
      async () => {
        const run = await getRun(id);
        return run && run.status !== 'QUEUED' && run.status !== 'RUNNING' ? run : undefined;
      },
      { timeout: WAIT_MS, interval: 100 },
    );
  /** Who watches the runs that are going on. */
  const watchers = async () => {
    const { prisma } = await database();
    const rows = await prisma.run.findMany({ where: { status: 'RUNNING', watcher: { not: null } } });
    return rows.map(({ id, watcher, itemsSucceeded }) => ({ id, watcher: watcher ?? '', itemsSucceeded }));
  };
  const statusesIn = (dashboard: Dashboard, id: string) =>
    dashboard.events.filter((event) => event.id === id).map(({ status }) => status);
  /** The database has it first: what a dashboard tells comes after. */
  const tellsLast = (dashboard: Dashboard, id: string, status: string) =>
    vi.waitUntil(() => statusesIn(dashboard, id).at(-1) === status, { timeout: WAIT_MS });

  test('each run is started once and watched by one at a time; both tell of all; one is killed, the other takes over', {
    timeout: 4 * WAIT_MS,
  }, async () => {
    const runIds = await launch('many', 5);
    // The one that may begin more leaves the first its runs, and takes others.
    const a = startDashboard('a', 2);
    await vi.waitUntil(async () => (await watchers()).length === 2, { timeout: WAIT_MS });
    const b = startDashboard('b', 4);

    // Each tells of its neighbour's runs while these go on. Then one that watches a run in its middle dies.
    const begunBy = (every: Change[], { name }: Dashboard) =>
      every.filter(({ from, to, by }) => from === 'QUEUED' && to === 'RUNNING' && by === name);
    const tellsOf = (every: Change[], teller: Dashboard, other: Dashboard) =>
      begunBy(every, other).some(({ run }) => statusesIn(teller, run).includes('RUNNING'));
    const nameOf = new Map<string, string>();
    const middle = await vi.waitUntil(
      async () => {
        const every = await changes();
        for (const dashboard of [a, b])
          for (const { watcher } of begunBy(every, dashboard)) nameOf.set(watcher, dashboard.name);
        if (!tellsOf(every, a, b) || !tellsOf(every, b, a)) return undefined;
        return (await watchers()).find(({ itemsSucceeded }) => itemsSucceeded > 0);
      },
      { timeout: WAIT_MS, interval: 20 },
    );
    const victim = nameOf.get(middle.watcher) === 'a' ? a : b;
    const heir = victim === a ? b : a;
    await victim.end('SIGKILL');
    await vi.waitUntil(
      async () =>
        (await changes()).some(
          ({ run, by, watcherBefore, watcher }) =>
            run === middle.id && by === heir.name && watcherBefore !== watcher && watcher !== null,
        ),
      { timeout: WAIT_MS, interval: 50 },
    );

    for (const id of runIds)
      expect(await ended(id)).toMatchObject({
        status: 'SUCCEEDED',
        completeness: 'COMPLETE',
        counts: { succeeded: MANY, total: MANY },
      });

    const all = await changes();
    for (const id of runIds) {
      const own = all.filter(({ run }) => run === id);
      expect(own.filter(({ from, to }) => from === 'QUEUED' && to === 'RUNNING')).toHaveLength(1);
      expect(own.filter(({ arnBefore, arn }) => arnBefore === null && arn !== null)).toHaveLength(1);
      expect(own.filter(({ from, to }) => from === 'RUNNING' && to !== 'RUNNING')).toHaveLength(1);
      // Who changes it is who watches it, and it changes hands at most once: when its watcher was killed.
      const hands = own.map(({ by }) => by).filter((by, i, every) => by !== every[i - 1]);
      expect(hands).toEqual(hands.length === 1 ? [hands[0]] : [victim.name, heir.name]);
      expect(
        own.filter(({ watcherBefore, watcher, to }) => watcherBefore && watcher !== watcherBefore && to === 'RUNNING'),
      ).toHaveLength(hands.length - 1);
      // The survivor has told of its end, whoever watched it.
      await tellsLast(heir, id, 'SUCCEEDED');
    }
  });

  test('together they have no more runs in flight than one alone may', async () => {
    const [e, f] = [startDashboard('e', 1), startDashboard('f', 1)];
    const runIds = await launch('few', 8);
    for (const id of runIds) expect(await ended(id)).toMatchObject({ completeness: 'COMPLETE' });
    const all = (await changes()).filter(({ run }) => runIds.includes(run));
    let running = 0;
    let most = 0;
    for (const { from, to } of all) {
      running += Number(from !== 'RUNNING' && to === 'RUNNING') - Number(from === 'RUNNING' && to !== 'RUNNING');
      most = Math.max(most, running);
    }
    expect(most).toBe(1);
    for (const dashboard of [e, f]) for (const id of runIds) await tellsLast(dashboard, id, 'SUCCEEDED');
  });

  test('one that stood still for longer than its lease changes nothing of what another took over', async () => {
    const sleeper = startDashboard('sleeper', 1);
    const [id = ''] = await launch('many', 1);
    await vi.waitUntil(async () => (await watchers()).some((run) => run.id === id), { timeout: WAIT_MS });
    sleeper.signal('SIGSTOP');
    const heir = startDashboard('heir', 1);
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', completeness: 'COMPLETE' });
    sleeper.signal('SIGCONT');
    await tellsLast(sleeper, id, 'SUCCEEDED');
    await sleeper.end('SIGTERM');
    await tellsLast(heir, id, 'SUCCEEDED');
    const hands = (await changes()).filter(({ run }) => run === id).map(({ by }) => by);
    expect(hands.filter((by, i) => by !== hands[i - 1])).toEqual(['sleeper', 'heir']);
  });

  test('one that is stopped in order hands its run over at once; a stop reaches a run that another process watches', async () => {
    const c = startDashboard('c', 1);
    const [id = ''] = await launch('many', 1);
    await vi.waitUntil(async () => (await watchers()).some((run) => run.id === id), { timeout: WAIT_MS });
    await c.end('SIGTERM');
    expect(await watchers()).toEqual([]);
    const d = startDashboard('d', 1);
    await vi.waitUntil(async () => (await watchers()).some((run) => run.id === id), { timeout: WAIT_MS });
    // This process watches nothing itself.
    await stopRun(id);
    expect((await ended(id)).status).toBe('STOPPED');
    await tellsLast(d, id, 'STOPPED');
  });
});

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
