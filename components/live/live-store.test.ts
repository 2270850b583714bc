import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunEvent } from '@/lib/domain/run.ts';
import { createLiveStore } from './live-store.ts';

/** The browser's side of a stream, driven by hand. */
class Line extends EventTarget {
  onerror: (() => void) | null = null;
  closed = false;
  close() {
    this.closed = true;
  }
  say(type: string, data: unknown = {}) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
}

const lines: Line[] = [];
const start = () => {
  const store = createLiveStore('/api/events', () => {
    const line = new Line();
    lines.push(line);
    return line as unknown as EventSource;
  });
  return { store, stop: store.start() };
};
const line = () => {
  const last = lines.at(-1);
  if (!last) throw new Error('No stream was opened.');
  return last;
};
const event = (id: string, asOf: string, succeeded = 0) =>
  ({ type: 'run', run: { id, counts: { succeeded } }, states: {}, asOf }) as unknown as RunEvent;

beforeEach(() => {
  lines.length = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test('a snapshot opens the line and later events update their run', () => {
  const { store } = start();
  expect(store.get().connection).toBe('connecting');
  line().say('snapshot', [event('a', '2026-01-01T00:00:00Z')]);
  line().say('run', event('a', '2026-01-01T00:00:02Z', 7));
  expect(store.get().connection).toBe('open');
  expect(store.get().events.get('a')?.run.counts.succeeded).toBe(7);
});

test('an older event never turns counts back', () => {
  const { store } = start();
  line().say('run', event('a', '2026-01-01T00:00:02Z', 7));
  line().say('run', event('a', '2026-01-01T00:00:01Z', 3));
  expect(store.get().events.get('a')?.run.counts.succeeded).toBe(7);
});

test('a silent line is stale, and a heartbeat brings it back', () => {
  const { store } = start();
  line().say('snapshot', []);
  vi.advanceTimersByTime(16_000);
  expect(store.get().connection).toBe('stale');
  line().say('heartbeat');
  expect(store.get().connection).toBe('open');
});

test('a cut line is tried again with growing pauses, and says so from the second failure', () => {
  const { store } = start();
  line().say('snapshot', []);
  line().onerror?.();
  expect(store.get().connection).toBe('connecting');
  vi.advanceTimersByTime(1_000);
  expect(lines).toHaveLength(2);
  line().onerror?.();
  expect(store.get().connection).toBe('closed');
  vi.advanceTimersByTime(1_999);
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(lines).toHaveLength(3);
  line().say('snapshot', []);
  expect(store.get()).toMatchObject({ connection: 'open', snapshots: 2 });
});

test('retry does not wait, and stopping closes the stream for good', () => {
  const { store, stop } = start();
  line().onerror?.();
  line().onerror?.();
  store.retry();
  expect(store.get().connection).toBe('connecting');
  const last = line();
  stop();
  expect(last.closed).toBe(true);
  const opened = lines.length;
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(opened);
});
