import { expect, test } from 'vitest';
import { addMark, progressRate } from './progress-rate.ts';

test('the rate is that of the last half minute, not of the whole run', () => {
  const marks = [
    { atMs: 0, done: 0 },
    { atMs: 60_000, done: 10 },
    { atMs: 80_000, done: 30 },
    { atMs: 90_000, done: 40 },
  ];
  expect(progressRate(marks, 100, 0, 90_500)).toEqual({ itemsPerSecond: 1, remainingMs: 60_000 });
});

test('a page just opened goes by the whole map', () => {
  expect(progressRate([{ atMs: 20_000, done: 10 }], 30, 0, 20_000)).toEqual({
    itemsPerSecond: 0.5,
    remainingMs: 40_000,
  });
});

test('items that end together right after the page was opened took longer than since then', () => {
  const marks = [
    { atMs: 37_000, done: 2 },
    { atMs: 40_000, done: 4 },
  ];
  expect(progressRate(marks, 11, 0, 40_000)).toEqual({ itemsPerSecond: 0.1, remainingMs: 70_000 });
  const later = [...marks, { atMs: 60_000, done: 6 }];
  expect(progressRate(later, 11, 0, 60_000)).toEqual({ itemsPerSecond: 0.1, remainingMs: 50_000 });
});

test('while an item hangs, the rate falls and what is left grows', () => {
  const marks = [
    { atMs: 0, done: 0 },
    { atMs: 10_000, done: 10 },
  ];
  expect(progressRate(marks, 12, 0, 11_000)).toEqual({ itemsPerSecond: 1, remainingMs: 2_000 });
  expect(progressRate(marks, 12, 0, 101_000)).toEqual({ itemsPerSecond: 0.1, remainingMs: 20_000 });
});

test('nothing is said before anything was finished', () => {
  expect(progressRate([], 10, 0, 0)).toBeNull();
  expect(progressRate([{ atMs: 5_000, done: 0 }], 10, 0, 5_000)).toBeNull();
  expect(progressRate([{ atMs: 5_000, done: 3 }], 10, null, 5_000)).toBeNull();
  expect(progressRate([{ atMs: 5_000, done: 0 }], 0, 0, 5_000)).toBeNull();
});

test('a finished map has nothing left', () => {
  expect(progressRate([{ atMs: 10_000, done: 10 }], 10, 0, 10_000)?.remainingMs).toBe(0);
});

test('marks without progress are not kept, old ones are forgotten', () => {
  const marks = addMark(addMark([{ atMs: 0, done: 0 }], { atMs: 1_000, done: 0 }), { atMs: 70_000, done: 4 });
  expect(marks).toEqual([{ atMs: 70_000, done: 4 }]);
});
