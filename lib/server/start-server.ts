import { env } from '../env.ts';
import { startWatcher } from './watch.ts';

const LOOK_MS = 1_000;

/** What a dashboard server does besides answering: it watches the runs, and ends when its launcher does. */
export function startServer(): void {
  const watcher = startWatcher();
  // Whoever comes next need not wait until its runs are free; a server that is killed leaves them to time.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void watcher.stop());
  const { launcherPid } = env();
  if (launcherPid !== null) endWith(launcherPid);
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
