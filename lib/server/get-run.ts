import { findRun } from '../db/runs.ts';
import type { RunDetail } from '../domain/run.ts';

/** Everything known about one run; null where there is none of that id. */
export async function getRun(id: string): Promise<RunDetail | null> {
  return findRun(id);
}
