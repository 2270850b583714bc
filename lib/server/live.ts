import type { RunEvent } from '../domain/run.ts';

type Listener = (event: RunEvent) => void;

/** Next loads modules more than once in one process: the listeners are kept where all copies find them. */
const shared = globalThis as typeof globalThis & { __starmapListeners?: Set<Listener> };
const listeners = () => {
  shared.__starmapListeners ??= new Set();
  return shared.__starmapListeners;
};

/**
 * Tells a listener of every change of a run that this process's watcher sees.
 * @returns ends the subscription.
 */
export function subscribe(listener: Listener): () => void {
  listeners().add(listener);
  return () => {
    listeners().delete(listener);
  };
}

/** One listener's failure keeps no other from hearing. */
export function publish(event: RunEvent): void {
  for (const listener of listeners()) {
    try {
      listener(event);
    } catch (error) {
      console.error('A listener of run events failed:', error);
    }
  }
}
