import { expect, test } from 'vitest';
import type { PhasesMs } from '@/lib/domain/phases.ts';
import { bottleneck, failedAttempts, phaseShares } from './bottleneck.ts';

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
  [{ model_load: 610, inference: 390 }, '61 % of the billed time is loading the model; inference 39 %.'],
  [{ fetch: 500, inference: 400 }, '56 % of the billed time is waiting for data from S3'],
  [{ inference: 970, fetch: 30 }, '97 % of the billed time is inference. All that is not inference is 3 %'],
  [{ inference: 600, fetch: 400 }, 'more memory brings more CPU'],
])('%j', (ms, words) => expect(bottleneck(phases(ms))).toContain(words));

test('cold starts are counted where there were some', () => {
  expect(bottleneck(phases({ init: 600, inference: 400 }), { cold: 2, items: 40 })).toContain('2 of 40 items');
  expect(bottleneck(phases({ inference: 400 }), { cold: 0, items: 40 })).not.toContain('cold');
});

test('attempts that failed are told of where they were billed much', () => {
  const each = phases({ inference: 80, write: 20 });
  expect(failedAttempts(each, 30, 4_000)).toContain('25 % of all that was billed');
  expect(failedAttempts(each, 30, 3_100)).toBeNull();
  expect(failedAttempts(each, 30, null)).toBeNull();
});

test('shares add up to the whole', () => {
  const shares = phaseShares(phases({ init: 1, fetch: 2, inference: 7 }));
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test('nothing measured, nothing said', () => {
  expect(bottleneck(phases({}))).toBeNull();
  expect(phaseShares(phases({}))).toEqual([]);
});
