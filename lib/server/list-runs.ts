import { findRunPage } from '../db/runs.ts';
import type { Page } from '../domain/page.ts';
import type { RunRow } from '../domain/run.ts';
import { type RunsQueryInput, runsQuery } from '../domain/runs-query.ts';

/** One page of the runs list. */
export async function listRuns(query: RunsQueryInput = {}): Promise<Page<RunRow>> {
  return findRunPage(runsQuery.parse(query));
}
