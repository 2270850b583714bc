import { expect, test } from 'vitest';
import type { ExecutionInfo } from './execution-info.ts';
import type { InvocationReport } from './report-line.ts';
import { measureRun } from './run-measures.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 10, 0, 0) + second * 1000).toISOString();
const info = (rank: number, loopMs: number): ExecutionInfo => ({
  'total_cpu_time (seconds)': 99,
  'total_cpu_memory (MB)': 99,
  'execution_time (seconds/batch)': loopMs / 1000,
  num_batches: 1,
  batch_size: 512,
  device: 'cpu',
  throughput_bps: 8e6,
  sample_persec: 100,
  result_path: 'p',
  data_path: `d/${rank}`,
  rank,
  samples: 500,
  bytes: 1e6,
  inference_ms: loopMs,
  phases_ms: { init: 100, model_load: 0, fetch: 10, decode: 5, inference: loopMs, write: 5, other: 0 },
});
const report = (requestId: string, initMs: number | null): InvocationReport => ({
  requestId,
  durationMs: 900,
  billedMs: 1000,
  memorySizeMb: 2048,
  maxMemoryUsedMb: 400,
  initMs,
  status: 'success',
  errorType: null,
});

test('time of the map is wall time, and throughput is all data over it', () => {
  const measures = measureRun({
    startedAt: at(0),
    stoppedAt: at(6),
    children: [
      { startedAt: at(2), stoppedAt: at(4) },
      { startedAt: at(1), stoppedAt: at(3) },
      { startedAt: at(2), stoppedAt: at(5) },
    ],
    infos: [info(0, 100), info(1, 300)],
    phases: [info(0, 100), info(1, 300)].flatMap((each) => each.phases_ms ?? []),
    reports: [report('a', 120), report('b', null), report('c', null)],
    bill: null,
    metrics: [],
  });
  expect(measures).toMatchObject({
    mapWallMs: 4000,
    executionWallMs: 6000,
    billedMs: 3000,
    maxMemoryUsedMb: 400,
    coldStarts: 1,
    throughputBps: (2e6 * 8) / 4,
    samplesPerSecond: 250,
    sumOfWorkerThroughputBps: 16e6,
  });
  expect(measures.modelLoopMs).toMatchObject({ n: 2, mean: 200, median: 200, min: 100, max: 300 });
  expect(measures.phasesMs).toMatchObject({ init: 100, fetch: 10, inference: 200 });
});

test.each([
  [['"a1"', '"a1"'], 'a1'],
  [['"b2"', '"a1"', '"b2"'], 'a1+b2'],
  [[undefined], null],
])('records with the etags %j are of the version %s', (etags, version) => {
  const infos = etags.map((model_etag, rank) => ({ ...info(rank, 100), model_etag }));
  const nothing = { startedAt: null, stoppedAt: null, children: [], phases: [], reports: [], bill: null, metrics: [] };
  expect(measureRun({ ...nothing, infos }).modelVersion).toBe(version);
});

test('nothing delivered: no figure is made up', () => {
  const measures = measureRun({
    startedAt: at(0),
    stoppedAt: at(1),
    children: [],
    infos: [],
    phases: [],
    reports: [],
    bill: null,
    metrics: [],
  });
  const { executionWallMs, metrics, ...others } = measures;
  expect(executionWallMs).toBe(1000);
  expect(Object.values(others).every((value) => value === null)).toBe(true);
});

test('records of the published system tell the model loop by batch', () => {
  const { inference_ms, phases_ms, bytes, samples, ...old } = info(0, 100);
  const measures = measureRun({
    startedAt: null,
    stoppedAt: null,
    children: [],
    infos: [{ ...old, 'execution_time (seconds/batch)': 0.5, num_batches: 4 }],
    phases: [],
    reports: [],
    bill: null,
    metrics: [],
  });
  expect(measures.modelLoopMs?.median).toBe(2000);
  expect(measures.phasesMs).toBeNull();
});
