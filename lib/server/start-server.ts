import { setTimeout as delay } from 'node:timers/promises';
import { env } from '../env.ts';
import { startWatcher, type Watcher } from './watch.ts';

const LOOK_MS = 1_000;
/** How long a server that was told to stop has for letting go of its runs. */
const RELEASE_MS = 2_000;

/** What a dashboard server does besides answering: it watches the runs, and ends when its launcher does. */
export function startServer(): void {
  const watcher = startWatcher();
  endInOrder(watcher);
  const { launcherPid } = env();
  if (launcherPid !== null) endWith(launcherPid);
}

/**
 * Lets another server have the runs at once; one that is killed leaves them to time. Next, left to itself, would end before
 * that, or not before the last browser closes its stream of events: the launcher sets NEXT_MANUAL_SIG_HANDLE.
 */
function endInOrder(watcher: Watcher): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, async () => {
      await Promise.race([watcher.stop(), delay(RELEASE_MS)]).catch(console.error);
      process.exit(0);
    });
}

/** A launcher that was killed cannot stop its parts: without this they would hold the port for ever. */
function endWith(pid: number): void {
  const timer = setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      process.exit(0);
    }
  }, LOOK_MS);
  timer.unref();
}
