import { type ComparedRun, comparedValue } from './comparison.ts';
import { shortId } from './dataset-name.ts';
import { confidenceInterval, mean } from './statistics.ts';

export type SeriesX = 'dataSizeBytes' | 'batchSize' | 'memoryMb' | 'partitionSizeBytes';
export type SeriesY = 'mapWallMs' | 'modelLoopMs' | 'throughputBps' | 'samplesPerSecond' | 'costUsd';
export type SeriesBy = 'partitionSizeBytes' | 'batchSize' | 'memoryMb' | 'modelId' | 'dataset';

/** One line of a chart. */
export interface Series {
  /** Value of the grouping setting, as text. */
  key: string;
  /** The same for people, with its unit. */
  label: string;
  /** Ascending in x. */
  points: SeriesPoint[];
}

/** All repeats at one x. */
export interface SeriesPoint {
  x: number;
  mean: number;
  /** Null for a single run. */
  bar: ErrorBar | null;
  n: number;
  raw: { runId: string; y: number }[];
}

/**
 * What an error bar says: the 95 % confidence interval of the mean (Student's t), or of two runs the runs themselves:
 * with one degree of freedom the interval is nine times as wide as they are apart and hides what it belongs to.
 */
export interface ErrorBar {
  kind: 'ci95' | 'range';
  low: number;
  high: number;
}

/**
 * Groups runs into the lines of a chart: one line for each value of `by`, one point for each x. Runs whose y was not
 * measured are not in it. No value is dropped as an outlier.
 */
export function toSeries(runs: readonly ComparedRun[], x: SeriesX, y: SeriesY, by: SeriesBy): Series[] {
  const lines = new Map<string | number | null, Map<number, SeriesPoint['raw']>>();
  for (const run of runs) {
    const value = measure[y](run);
    if (value === null || !Number.isFinite(value)) continue;
    const line = getOrAdd(lines, comparedValue(run, by), () => new Map<number, SeriesPoint['raw']>());
    getOrAdd(line, run.settings[x], () => []).push({ runId: run.id, y: value });
  }
  return [...lines]
    .sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))))
    .map(([key, points]) => ({
      key: String(key),
      label: label[by](key, [...lines.keys()].map(String)),
      points: [...points].sort(([a], [b]) => a - b).map(([at, raw]) => toPoint(at, raw)),
    }));
}

const measure: Record<SeriesY, (run: ComparedRun) => number | null> = {
  mapWallMs: ({ measures }) => measures.mapWallMs,
  // The median over the run's partitions: one straggler must not stand for the model.
  modelLoopMs: ({ measures }) => measures.modelLoopMs?.median ?? null,
  throughputBps: ({ measures }) => measures.throughputBps,
  samplesPerSecond: ({ measures }) => measures.samplesPerSecond,
  costUsd: ({ measures }) => measures.bill?.totalUsd ?? null,
};

const label: Record<SeriesBy, (key: string | number | null, all: string[]) => string> = {
  partitionSizeBytes: (bytes) => `${Number((Number(bytes) / 1e6).toPrecision(4))} MB partitions`,
  batchSize: (size) => `batch ${size}`,
  memoryMb: (memory) => `${Number(memory).toLocaleString('en-US')} MB memory`,
  modelId: (id, all) => shortId(String(id), all),
  dataset: (id, all) => shortId(String(id), all),
};

function toPoint(x: number, raw: SeriesPoint['raw']): SeriesPoint {
  const values = raw.map(({ y }) => y);
  return { x, mean: mean(values), bar: errorBar(values), n: values.length, raw };
}

function errorBar(values: number[]): ErrorBar | null {
  if (values.length === 2) return { kind: 'range', low: Math.min(...values), high: Math.max(...values) };
  const interval = confidenceInterval(values);
  return interval && { kind: 'ci95', ...interval };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
