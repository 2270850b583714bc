import type { RunEvent } from '@/lib/domain/run.ts';

/** `stale`: the line is open but silent for longer than a heartbeat allows. `closed`: cut; tried again by itself. */
export type Connection = 'connecting' | 'open' | 'stale' | 'closed';

export interface LiveState {
  connection: Connection;
  /** Epoch ms of the last message of any kind, heartbeats included; null before the first. */
  lastEventAt: number | null;
  /** Latest event of each run seen since the page was loaded, by run id. */
  events: ReadonlyMap<string, RunEvent>;
  /** Snapshots received. Above 1 the line was cut in between: something may have been missed. */
  snapshots: number;
}

export interface LiveStore {
  get(): LiveState;
  subscribe(listener: () => void): () => void;
  /** Opens the stream; returns how to close it. */
  start(): () => void;
  /** Tries again now instead of after the pause. */
  retry(): void;
}

const STALE_AFTER_MS = 15_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export const emptyLiveState: LiveState = {
  connection: 'connecting',
  lastEventAt: null,
  events: new Map(),
  snapshots: 0,
};

/** One stream of server-sent events for a whole tab, reconnecting with growing pauses. */
export function createLiveStore(
  url: string,
  open: (url: string) => EventSource = (at) => new EventSource(at),
): LiveStore {
  let state = emptyLiveState;
  let source: EventSource | undefined;
  let attempts = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();

  const set = (change: Partial<LiveState>) => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };

  /** Any message proves that the line works. */
  const heard = (change: Partial<LiveState>) => {
    attempts = 0;
    clearTimeout(staleTimer);
    staleTimer = setTimeout(() => set({ connection: 'stale' }), STALE_AFTER_MS);
    set({ ...change, connection: 'open', lastEventAt: Date.now() });
  };

  const disconnect = () => {
    clearTimeout(retryTimer);
    clearTimeout(staleTimer);
    source?.close();
    source = undefined;
  };

  const connect = () => {
    disconnect();
    const stream = open(url);
    source = stream;
    stream.addEventListener('snapshot', (message) => {
      const found = JSON.parse(message.data) as RunEvent[];
      heard({ events: merge(state.events, found), snapshots: state.snapshots + 1 });
    });
    stream.addEventListener('run', (message) => {
      heard({ events: merge(state.events, [JSON.parse(message.data) as RunEvent]) });
    });
    stream.addEventListener('heartbeat', () => heard({}));
    stream.onerror = () => {
      disconnect();
      attempts += 1;
      // A first failure after a working line is usually a restart: no alarm before the second.
      set({ connection: attempts > 1 ? 'closed' : 'connecting' });
      retryTimer = setTimeout(connect, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)));
    };
  };

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      connect();
      return disconnect;
    },
    retry() {
      set({ connection: 'connecting' });
      connect();
    },
  };
}

/** Counts never go backwards: an event older than the one held is dropped. */
function merge(held: LiveState['events'], arrived: readonly RunEvent[]): LiveState['events'] {
  const events = new Map(held);
  for (const event of arrived) {
    const known = events.get(event.run.id);
    if (!known || known.asOf <= event.asOf) events.set(event.run.id, event);
  }
  return events;
}
