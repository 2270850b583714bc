import { expect, test } from 'vitest';
import { billedPhases, sumPhases } from './billed-phases.ts';
import type { InvocationReport } from './report-line.ts';

const measured = { init: 180, model_load: 20, fetch: 30, decode: 5, inference: 100, write: 10, other: 1 };
const report: InvocationReport = {
  requestId: 'a',
  durationMs: 180.4,
  billedMs: 431,
  memorySizeMb: 2048,
  maxMemoryUsedMb: 300,
  initMs: 250.2,
  status: 'success',
  errorType: null,
};

test('cold: the init that Lambda reports, and the sum is what it billed', () => {
  const phases = billedPhases(measured, 8, report);
  expect(phases).toMatchObject({ init: 250.2, model_load: 20, fetch: 30, decode: 5, inference: 100, write: 18 });
  expect(sumPhases(phases)).toBeCloseTo(431, 9);
});

test('warm: no init', () => {
  const phases = billedPhases({ ...measured, init: 0 }, 8, { ...report, initMs: null, billedMs: 181 });
  expect(phases.init).toBe(0);
  expect(sumPhases(phases)).toBeCloseTo(181, 9);
  const old = billedPhases({ ...measured, init: 0 }, null, { ...report, initMs: null, billedMs: null });
  expect(sumPhases(old)).toBeCloseTo(181, 9);
});

test('without a report the phases are what the handler measured', () => {
  expect(billedPhases(measured, 8, null)).toEqual({ ...measured, write: 18 });
});

test('clocks that disagree never make a phase negative', () => {
  expect(billedPhases(measured, 8, { ...report, durationMs: 100, billedMs: 351 }).other).toBe(0);
});
