import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { holdRuns, releaseRuns, takeFromQueue } from '../db/run-leases.ts';

/** How long the runs of a process that died are left alone, and how often a living one says that it lives. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;

/** The runs that this process watches. No other process on the same database starts or watches one of them meanwhile. */
export interface Leases {
  /** Name of this process among the watchers. */
  readonly watcher: string;
  /**
   * Takes those of the runs that nobody else watches, and lets all others go. Until the next call they stay this
   * process's own, however long a look at one of them takes; should it be stopped for longer than the lease, another
   * one may take them.
   * @returns those that are its own now.
   */
  hold(ids: string[]): Promise<Set<string>>;
  /** Takes a run out of the queue, to start it. @returns false where somebody else was faster. */
  take(id: string, startedAt: Date): Promise<boolean>;
  /** Lets go of all: another process may be able to do what this one cannot at the moment. */
  release(): Promise<void>;
  /** Lets go of all for good; what is being looked at meanwhile can be stored no more. */
  close(): Promise<void>;
}

export function openLeases(): Leases {
  const watcher = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  /** Run → until when it is surely ours, by this process's clock: counted from before the database was asked. */
  const heldUntilMs = new Map<string, number>();
  let closed = false;
  const ask = async (ids: string[]) => {
    if (ids.length === 0 || closed) return;
    const untilMs = performance.now() + LEASE_MS;
    const ours = new Set(await holdRuns(watcher, ids, LEASE_MS));
    for (const id of ids) {
      if (ours.has(id)) heldUntilMs.set(id, untilMs);
      else heldUntilMs.delete(id);
    }
  };
  // Apart from the watcher's rounds: one of them may take longer than the lease. What goes wrong here, its next round tells.
  const renewal = setInterval(() => ask([...heldUntilMs.keys()]).catch(() => {}), RENEW_MS);
  renewal.unref();
  const release = async () => {
    if (heldUntilMs.size === 0) return;
    heldUntilMs.clear();
    await releaseRuns(watcher);
  };
  return {
    watcher,
    async hold(ids) {
      for (const id of heldUntilMs.keys()) if (!ids.includes(id)) heldUntilMs.delete(id);
      const fresh = performance.now() + LEASE_MS - 2 * RENEW_MS;
      await ask(ids.filter((id) => (heldUntilMs.get(id) ?? 0) < fresh));
      return new Set(ids.filter((id) => heldUntilMs.has(id)));
    },
    async take(id, startedAt) {
      if (closed) return false;
      const untilMs = performance.now() + LEASE_MS;
      const taken = await takeFromQueue(watcher, id, startedAt, LEASE_MS);
      if (taken) heldUntilMs.set(id, untilMs);
      return taken;
    },
    release,
    async close() {
      closed = true;
      clearInterval(renewal);
      await release();
    },
  };
}
