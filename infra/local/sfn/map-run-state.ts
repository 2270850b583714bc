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
}

/** A map run in progress, as the API and a stop see it. */
export interface LiveMapRun {
  row: MapRunRow;
  /** Children planned so far. */
  planned: { children: number; items: number };
  /** Number → child that runs now. */
  running: Map<number, { name: string; startMs: number; input: string; items: number; events: HistoryEvent[] }>;
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
