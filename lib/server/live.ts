import type { RunEvent } from '../domain/run.ts';

type Listener = (event: RunEvent) => void;

/** How long the end of a run is told to those who begin to listen: longer than a page takes from markup to stream. */
const TELL_ENDS_MS = 60_000;

/** Next loads modules more than once in one process: the state is kept where all copies find it. */
const shared = globalThis as typeof globalThis & {
  __starmapLive?: { listeners: Set<Listener>; ends: Map<string, RunEvent> };
};
const live = () => {
  shared.__starmapLive ??= { listeners: new Set(), ends: new Map() };
  return shared.__starmapLive;
};

/**
 * Tells a listener of every change of a run that this process's watcher sees.
 * @returns ends the subscription.
 */
export function subscribe(listener: Listener): () => void {
  const { listeners } = live();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Runs that ended a moment ago: a page that was made before may not have heard of it. Forgets the older ones. */
export function recentEnds(): RunEvent[] {
  const { ends } = live();
  const since = new Date(Date.now() - TELL_ENDS_MS).toISOString();
  for (const [id, event] of ends) if (event.asOf < since) ends.delete(id);
  return [...ends.values()];
}

/** One listener's failure keeps no other from hearing. */
export function publish(event: RunEvent): void {
  const { listeners, ends } = live();
  if (event.run.status !== 'QUEUED' && event.run.status !== 'RUNNING') {
    recentEnds();
    ends.set(event.run.id, event);
  }
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      console.error('A listener of run events failed:', error);
    }
  }
}
