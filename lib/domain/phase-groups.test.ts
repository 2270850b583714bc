import { expect, test } from 'vitest';
import { groupPhases } from './phase-groups.ts';

const item = (rank: number, init: number, inference: number) => ({
  rank,
  phasesMs: { init, model_load: 0, fetch: 0, decode: 0, inference, write: 0, other: 0 },
});

test('few items stand alone; many are joined with their neighbours, and none is lost', () => {
  expect(groupPhases([], 10)).toEqual([]);
  expect(groupPhases([item(0, 5, 1), item(3, 0, 2)], 10)).toMatchObject([
    { from: 0, to: 0, items: 1, cold: 1 },
    { from: 3, to: 3, items: 1, cold: 0 },
  ]);
  const many = Array.from({ length: 1_001 }, (_, rank) => item(rank, rank < 4 ? 100 : 0, rank));
  const groups = groupPhases(many, 100);
  expect(groups.length).toBeLessThanOrEqual(100);
  expect(groups.reduce((sum, { items }) => sum + items, 0)).toBe(1_001);
  expect(groups[0]).toMatchObject({ from: 0, to: 10, cold: 4, phasesMs: { init: 400 / 11, inference: 5 } });
});
