'use client';

import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { RunEvent } from '@/lib/domain/run.ts';
import { createLiveStore, emptyLiveState, type LiveState, type LiveStore } from './live-store.ts';

const LiveContext = createContext<LiveStore | null>(null);

/** Holds the tab's one stream of run events. Belongs in the root layout. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [store] = useState(() => createLiveStore('/api/events'));
  useEffect(() => {
    let stop = store.start();
    // A page kept for "back" must not hold one of the browser's six connections to this server.
    const leave = () => stop();
    const comeBack = (event: PageTransitionEvent) => {
      if (event.persisted) stop = store.start();
    };
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', comeBack);
    return () => {
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
      stop();
    };
  }, [store]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

/** Everything heard on the stream, and how the connection is. Renders again on each message. */
export function useLiveRuns(): LiveState & { retry: () => void } {
  const store = useStore();
  const state = useSyncExternalStore(store.subscribe, store.get, () => emptyLiveState);
  return { ...state, retry: store.retry };
}

/** The latest event of one run; renders again only when that run changes. */
export function useLiveRun(id: string): RunEvent | null {
  const store = useStore();
  const event = () => store.get().events.get(id) ?? null;
  return useSyncExternalStore(store.subscribe, event, () => null);
}

/** Snapshots received so far: one more after each time the line was cut. */
export function useSnapshotCount(): number {
  const store = useStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.get().snapshots,
    () => 0,
  );
}

function useStore(): LiveStore {
  const store = useContext(LiveContext);
  if (!store) throw new Error('Live data is used outside <LiveProvider>.');
  return store;
}
