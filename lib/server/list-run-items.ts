import { findItemGrid, findItemPage } from '../db/run-items.ts';
import type { Page } from '../domain/page.ts';
import type { ItemStatus, RunItemRow } from '../domain/run.ts';
import { type RunItemsQueryInput, runItemsQuery } from '../domain/run-items-query.ts';

/** One page of a run's partitions table; empty where the run has no items yet. */
export async function listRunItems(runId: string, query: RunItemsQueryInput = {}): Promise<Page<RunItemRow>> {
  return findItemPage(runId, runItemsQuery.parse(query));
}

/** One cell per item, by rank: small enough for 10,000 of them. */
export async function runItemGrid(
  runId: string,
): Promise<{ rank: number; status: ItemStatus; durationMs: number | null }[]> {
  return findItemGrid(runId);
}
