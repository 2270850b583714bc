import { expect, test } from 'vitest';
import { advanceCounts } from './item-counts.ts';
import type { ItemCounts } from './run.ts';

const counts = (changes: Partial<ItemCounts>): ItemCounts => ({
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  aborted: 0,
  total: 0,
  ...changes,
});

test('what was done stays done when the service answers with an older count', () => {
  const before = counts({ succeeded: 5, running: 2, pending: 3, total: 10 });
  const now = counts({ succeeded: 4, running: 3, pending: 3, total: 10 });
  expect(advanceCounts(before, now)).toEqual(counts({ succeeded: 5, running: 3, pending: 2, total: 10 }));
});

test('the total of the plan stands while the map still reads its list of items', () => {
  expect(advanceCounts(counts({ pending: 100, total: 100 }), counts({ running: 7, total: 20 }))).toEqual(
    counts({ running: 7, pending: 93, total: 100 }),
  );
});

test('the parts always add up to the total', () => {
  const after = advanceCounts(counts({ succeeded: 9, total: 10 }), counts({ failed: 1, running: 4, total: 10 }));
  expect(after).toEqual(counts({ succeeded: 9, failed: 1, total: 10 }));
});
