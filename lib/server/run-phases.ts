import { findItemPhases } from '../db/run-items.ts';
import { groupPhases, type PhaseGroup } from '../domain/phase-groups.ts';

/** Columns that a page has room for. */
const MOST_GROUPS = 120;

/** Where the time of each item went; of many items, neighbours are taken together. */
export async function runPhases(runId: string): Promise<PhaseGroup[]> {
  return groupPhases(await findItemPhases(runId), MOST_GROUPS);
}
