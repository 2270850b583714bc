import type { Json } from '../asl/types.ts';
import type { Variables } from '../asl/variables.ts';
import type { HistoryEvent } from './history.ts';

/** What is stored of a map run. */
export interface MapRunRow {
  arn: string;
  execution: string;
  state: string;
  child_machine: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  start_ms: number;
  stop_ms: number | null;
  max_concurrency: number;
  tolerated_count: number;
  tolerated_percentage: number;
  /** Children, once all items are read. */
  total: number | null;
  items: number | null;
  redrive_count: number;
  redrive_ms: number | null;
  written: string | null;
}

/** What is stored of a child that has ended. */
export interface ChildRow {
  map_run: string;
  number: number;
  name: string;
  status: string;
  items: number;
  start_ms: number;
  stop_ms: number;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  /** Attempt of the map run (its redrive count) in which the child ran last. */
  attempt: number;
  redrive_count: number;
}

/** Unsuccessful, and not yet run again in the attempt that the map run is in. */
export const awaitsRedrive = (child: Pick<ChildRow, 'status' | 'attempt'>, mapRun: MapRunRow): boolean =>
  child.status !== 'SUCCEEDED' && child.attempt < mapRun.redrive_count && mapRun.status === 'RUNNING';

/** Where a child stood when it failed: a redrive goes on there. */
export interface ChildPlace {
  state: string;
  input: Json;
  variables: Variables | undefined;
}

export interface RunningChild {
  name: string;
  startMs: number;
  input: string;
  items: number;
  redriveCount: number;
  events: HistoryEvent[];
}

/** A map run in progress, as the API and a stop see it. */
export interface LiveMapRun {
  row: MapRunRow;
  /** Children planned so far. */
  planned: { children: number; items: number };
  /** Number → child that runs now. */
  running: Map<number, RunningChild>;
  /** Children of an earlier attempt that wait to be redriven. */
  redriving: { children: number; items: number };
  finished: Record<'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED', { children: number; items: number }>;
  /** Looks again at limits that UpdateMapRun has changed. */
  nudge(): void;
}

/**
 * Whether the failures so far are within what is tolerated. With neither limit set none is; with one set it decides;
 * with both, either trips. The percentage is of all items, so it is known only when they have been read.
 */
export function tolerates(row: MapRunRow, run: LiveMapRun): boolean {
  const failed = run.finished.FAILED.items + run.finished.TIMED_OUT.items;
  if (failed === 0) return true;
  const { tolerated_count: most, tolerated_percentage: percentage } = row;
  if (most === 0 && percentage === 0) return false;
  if (most > 0 && failed > most) return false;
  return percentage === 0 || row.items === null || (failed / row.items) * 100 <= percentage;
}
