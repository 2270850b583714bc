import { expect, test } from 'vitest';
import type { PhasesMs } from '@/lib/domain/execution-info.ts';
import { bottleneck, phaseShares } from './bottleneck.ts';

const phases = (ms: Partial<PhasesMs>): PhasesMs => ({
  init: 0,
  model_load: 0,
  fetch: 0,
  decode: 0,
  inference: 0,
  write: 0,
  other: 0,
  ...ms,
});

test.each([
  [{ model_load: 610, inference: 390 }, 'Model load takes 61 %'],
  [{ fetch: 500, inference: 400 }, 'Read from S3 takes 56 %'],
  [{ inference: 970, fetch: 30 }, 'Overhead is 3 %.'],
  [{ inference: 600, fetch: 400 }, 'more memory brings more CPU'],
])('%j', (ms, words) => expect(bottleneck(phases(ms))).toContain(words));

test('shares add up to the whole', () => {
  const shares = phaseShares(phases({ init: 1, fetch: 2, inference: 7 }));
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test('nothing measured, nothing said', () => {
  expect(bottleneck(phases({}))).toBeNull();
  expect(phaseShares(phases({}))).toEqual([]);
});
