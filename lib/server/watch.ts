import { isRefused, isUnreachable } from '../aws/plain-words.ts';
import { connection, onConnection } from '../connection.ts';
import { DatabaseError } from '../db/database-error.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import { changeWatchedRun, findActiveRuns, findQueuedRuns } from '../db/runs.ts';
import { livesOn } from '../domain/run-home.ts';
import { BackendError, env } from '../env.ts';
import { announceRun } from './announce-run.ts';
import { beginRun } from './begin-run.ts';
import { followRun } from './follow-run.ts';
import { type Leases, openLeases } from './leases.ts';
import type { SeenItems } from './sync-items.ts';
import { watcherOfProcess } from './wake-watcher.ts';
import { makeOnlooker } from './watch-others.ts';

/** How often the queue is looked at while nothing runs: a run may be put in it by another process. */
const IDLE_MS = 300;
/** After a failed round. */
const RETRY_MS = 1_000;
/** How often it is looked what others have done. */
const ONLOOKER_MS = 500;

export interface Watcher {
  /** Looks at once, instead of at the end of its pause. */
  wake(): void;
  stop(): Promise<void>;
  /** Why it cannot see its runs at the moment, in words. */
  readonly problem: string | null;
}

/**
 * Starts the watcher of this process, unless it runs already: it starts queued runs in their order, follows them to
 * their end and stores what it sees. All its knowledge is in the database and in the services, so it may be killed and
 * started again at any moment. Watchers of several processes on one database share the runs out among them; what one
 * sees, all tell their listeners.
 */
export function startWatcher(): Watcher {
  watcherOfProcess.__starmapWatcher ??= watch();
  return watcherOfProcess.__starmapWatcher;
}

function watch(): Watcher {
  const seen = new Map<string, SeenItems>();
  const pause = makePause();
  const onlookerPause = makePause();
  const leases = openLeases();
  let stopped = false;
  let problem: string | null = null;
  const rounds = (async () => {
    while (!stopped) {
      try {
        // One look is at one place, also where the user switches to other services meanwhile.
        const { active, ended } = await onConnection(connection(), () => round(seen, leases));
        problem = null;
        // When a run has ended the next one is not kept waiting. The services' quotas are for all runs together.
        if (!ended) await pause.for(active > 0 ? connection().pollMs * active : IDLE_MS);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        const expected = error instanceof BackendError || error instanceof DatabaseError || isUnreachable(error);
        if (words !== problem) console.error(expected ? words : error);
        problem = words;
        await leases.release().catch(() => {});
        await pause.for(RETRY_MS);
      }
    }
  })();
  const look = makeOnlooker((watcher) => watcher === leases.watcher);
  const looks = (async () => {
    while (!stopped) {
      // A database that does not answer is told of by the rounds.
      await look().catch(() => {});
      await onlookerPause.for(ONLOOKER_MS);
    }
  })();
  return {
    wake: pause.end,
    async stop() {
      stopped = true;
      pause.end();
      onlookerPause.end();
      // First of all: a server that was told to stop does not wait for the end of a round. Then what that still took.
      await leases.close();
      await Promise.all([rounds, looks]);
      await leases.close();
      watcherOfProcess.__starmapWatcher = undefined;
    },
    get problem() {
      return problem;
    },
  };
}

async function round(seen: Map<string, SeenItems>, leases: Leases): Promise<{ active: number; ended: boolean }> {
  const services = connection();
  // Read before the running ones are counted: what others start meanwhile is either counted or was first in this queue,
  // and then it is not to be had any more. So together they never start more than they may.
  const queued = await findQueuedRuns(env().parallelRuns, services.bucket);
  // Runs that were launched on other services wait until these are in use again.
  const active = (await findActiveRuns()).filter((run) => livesOn(run, services));
  const held = await leases.hold(active.map(({ id }) => id));
  for (const id of seen.keys()) if (!held.has(id)) seen.delete(id);
  const own = active.filter(({ id }) => held.has(id)).map((run) => ({ ...run, watcher: leases.watcher }));
  const outcomes = await Promise.all(own.map((run) => follow(run, seen)));
  const ended = outcomes.filter(Boolean).length;
  const free = env().parallelRuns - (active.length - ended);
  let begun = 0;
  for (const run of queued.slice(0, Math.max(0, free))) if (await beginRun(run, leases)) begun += 1;
  return { active: active.length - ended + begun, ended: ended > 0 };
}

/** One run that cannot be followed must not keep the others from being followed. */
async function follow(run: ActiveRun, seen: Map<string, SeenItems>): Promise<boolean> {
  const items = seen.get(run.id) ?? {};
  seen.set(run.id, items);
  let ended = false;
  try {
    ended = await followRun(run, items);
  } catch (error) {
    // A right that is missing can be given: the run itself goes on meanwhile.
    if (isUnreachable(error) || isRefused(error) || error instanceof DatabaseError) throw error;
    console.error(`Run ${run.id} cannot be followed:`, error);
    await changeWatchedRun(run, {
      status: 'FAILED',
      completeness: 'INCOMPLETE',
      error: 'Starmap.Watcher',
      cause: `Starmap could not follow this run: ${error instanceof Error ? error.message : String(error)}`,
      stoppedAt: new Date().toISOString(),
    });
    await announceRun(run.id);
    ended = true;
  }
  if (ended) seen.delete(run.id);
  return ended;
}

/** A pause that can be cut short, also just before it begins. */
function makePause() {
  let finish: (() => void) | undefined;
  let skipNext = false;
  return {
    end() {
      skipNext = finish === undefined;
      finish?.();
    },
    async for(ms: number) {
      if (!skipNext)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          finish = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      finish = undefined;
      skipNext = false;
    },
  };
}
