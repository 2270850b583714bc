import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchLoad } from './model-load.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Batches one after the other, which come every so many milliseconds. */
function compute(load: ReturnType<typeof watchLoad>, batches: number, everyMs: number, computedMs: number) {
  for (let i = 0; i < batches; i++) {
    vi.advanceTimersByTime(everyMs - computedMs);
    const batch = load.begin();
    vi.advanceTimersByTime(computedMs);
    batch.end(computedMs);
  }
}

test('a model that is done before the next rows are read needs no help, however long it goes on', () => {
  const call = vi.fn();
  const load = watchLoad(call);
  compute(load, 10_000, 10, 5);
  expect(call).not.toHaveBeenCalled();
  expect(load.isHigh()).toBe(false);
});

test('one that takes nearly all the time does, also after a long time in which there was nothing to compute', () => {
  const call = vi.fn();
  const load = watchLoad(call);
  compute(load, 1, 60_000, 5);
  compute(load, 100, 10, 9);
  expect(call).toHaveBeenCalledTimes(1);
  expect(load.isHigh()).toBe(true);
});

test('help comes while a batch is computed that takes long', async () => {
  const call = vi.fn();
  const batch = watchLoad(call).begin();
  vi.advanceTimersByTime(200);
  await batch.help;
  expect(call).toHaveBeenCalledTimes(1);
  batch.end(200);
});

test('a batch that cannot be had calls nobody later', () => {
  const call = vi.fn();
  watchLoad(call).begin().end(0);
  vi.advanceTimersByTime(1_000);
  expect(call).not.toHaveBeenCalled();
});
