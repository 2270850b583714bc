import { isRefused, isUnreachable } from '../aws/plain-words.ts';
import { connection, onConnection } from '../connection.ts';
import { type ActiveRun, changeRun, findActiveRuns, findQueuedRuns } from '../db/runs.ts';
import { livesOn } from '../domain/run-home.ts';
import { BackendError, env } from '../env.ts';
import { announceRun } from './announce-run.ts';
import { beginRun } from './begin-run.ts';
import { followRun } from './follow-run.ts';
import type { SeenItems } from './sync-items.ts';
import { watcherOfProcess } from './wake-watcher.ts';

/** How often the queue is looked at while nothing runs: a run may be put in it by another process. */
const IDLE_MS = 300;
/** After a failed round. */
const RETRY_MS = 1_000;

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
 * started again at any moment.
 */
export function startWatcher(): Watcher {
  watcherOfProcess.__starmapWatcher ??= watch();
  return watcherOfProcess.__starmapWatcher;
}

function watch(): Watcher {
  const seen = new Map<string, SeenItems>();
  const pause = makePause();
  let stopped = false;
  let problem: string | null = null;
  const rounds = (async () => {
    while (!stopped) {
      try {
        // One look is at one place, also where the user switches to other services meanwhile.
        const { active, ended } = await onConnection(connection(), () => round(seen));
        problem = null;
        // When a run has ended the next one is not kept waiting. The services' quotas are for all runs together.
        if (!ended) await pause.for(active > 0 ? connection().pollMs * active : IDLE_MS);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        if (words !== problem) console.error(error instanceof BackendError || isUnreachable(error) ? words : error);
        problem = words;
        await pause.for(RETRY_MS);
      }
    }
  })();
  return {
    wake: pause.end,
    async stop() {
      stopped = true;
      pause.end();
      await rounds;
      watcherOfProcess.__starmapWatcher = undefined;
    },
    get problem() {
      return problem;
    },
  };
}

async function round(seen: Map<string, SeenItems>): Promise<{ active: number; ended: boolean }> {
  const services = connection();
  // Runs that were launched on other services wait until these are in use again.
  const active = (await findActiveRuns()).filter((run) => livesOn(run, services));
  const outcomes = await Promise.all(active.map((run) => follow(run, seen)));
  const ended = outcomes.filter(Boolean).length;
  const free = env().parallelRuns - (active.length - ended);
  const next = free > 0 ? await findQueuedRuns(free, services.bucket) : [];
  for (const run of next) await beginRun(run);
  return { active: active.length - ended + next.length, ended: ended > 0 };
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
    if (isUnreachable(error) || isRefused(error)) throw error;
    console.error(`Run ${run.id} cannot be followed:`, error);
    await changeRun(run.id, {
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
