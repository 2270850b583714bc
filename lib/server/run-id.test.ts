import { expect, test } from 'vitest';
import { newIds } from './run-id.ts';

test('ids sort by time and are legal execution names', () => {
  const early = newIds(new Date('2026-11-23T21:45:01Z'), 500);
  const late = newIds(new Date('2026-11-23T21:45:02Z'), 1);
  expect(early.experimentId).toMatch(/^e-20261123-214501-[a-z0-9]{4}$/);
  expect([...early.runIds].sort()).toEqual(early.runIds);
  expect((early.runIds.at(-1) ?? '') < (late.runIds[0] ?? '')).toBe(true);
  for (const id of early.runIds) expect(id).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  expect(new Set(early.runIds).size).toBe(500);
});
