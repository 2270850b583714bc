import { expect, test } from 'vitest';
import { type FinishedMap, mapTimeMs } from './map-time.ts';

const MB = 1e6;
const work = (items: number, itemMb: number, maxConcurrency = 0) => ({
  items,
  bytes: items * itemMb * MB,
  maxConcurrency,
});
const finished = (items: number, itemMb: number, wallMs: number, maxConcurrency = 0): FinishedMap => ({
  ...work(items, itemMb, maxConcurrency),
  wallMs,
});

test('where all items run at once, more of them take no longer', () => {
  expect(mapTimeMs(work(505, 25), [finished(40, 25, 21_000)], 1000)).toBeCloseTo(21_000);
});

test('beyond what runs at once they go in waves: as many as the account allows, or the run', () => {
  expect(mapTimeMs(work(2500, 25), [finished(40, 25, 21_000)], 1000)).toBeCloseTo(63_000);
  expect(mapTimeMs(work(100, 25, 10), [finished(40, 25, 21_000)], 1000)).toBeCloseTo(210_000);
  expect(mapTimeMs(work(40, 25), [finished(100, 25, 210_000, 10)], 1000)).toBeCloseTo(21_000);
});

test('on two cores the time grows with the data, but three items take as long as four', () => {
  const runs = [finished(36, 25, 9000)];
  expect(mapTimeMs(work(72, 25), runs, 2)).toBeCloseTo(18_000);
  expect(mapTimeMs(work(3, 25), runs, 2)).toBeCloseTo(1000);
  expect(mapTimeMs(work(4, 25), runs, 2)).toBeCloseTo(1000);
});

test('a wave takes as long as its items are large, by the median of the runs', () => {
  const runs = [finished(10, 25, 2000), finished(10, 50, 4400), finished(10, 25, 90_000)];
  expect(mapTimeMs(work(10, 100), runs, 1000)).toBeCloseTo(8800);
});
