import * as z from 'zod';
import { type ChildExecution, listChildExecutions, maybeDescribeExecution } from '../aws/executions.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import { changeItems, findItemStatuses, type ItemChange, insertItems } from '../db/run-items.ts';
import { readFailure } from '../domain/failure-cause.ts';
import type { ItemStatus } from '../domain/run.ts';
import { toItemChange } from './item-change.ts';
import { eachAtOnce, listResultRanks, readInfos, readPlan } from './read-results.ts';

/** What a process remembers of a running run. Nothing in it is needed for correctness. */
export interface SeenItems {
  statuses?: Map<number, ItemStatus>;
  /** Child execution → rank, or null where its input told none. */
  ranks?: Map<string, number | null>;
  listAgainAtMs?: number;
  newsAtMs?: number;
  stopSent?: boolean;
}

/** Above this many items single results are not read before the end: the totals tell enough. */
const READ_RESULTS_UP_TO = 500;
/** A running child is asked which item it has only when it has run this long: most have ended by then. */
const ASK_RUNNING_AFTER_MS = 1_000;
/** Child executions asked about per look: AWS grants 15 a second in the long run. */
const ASK_PER_LOOK = 20;
const READ_PER_LOOK = 100;

/** Brings the item rows of a running run up to date: from the results in S3, and from the map's failed and running children. */
export async function syncItems(run: ActiveRun, seen: SeenItems): Promise<void> {
  const statuses = await knownStatuses(run, seen);
  if (!statuses) return;
  const changes = [...(await newResults(run, seen, statuses)), ...(await childStates(run, seen, statuses))];
  if (changes.length === 0) return;
  await changeItems(run.id, changes);
  for (const { rank, status } of changes) if (status) statuses.set(rank, status);
}

async function knownStatuses(run: ActiveRun, seen: SeenItems): Promise<Map<number, ItemStatus> | undefined> {
  if (seen.statuses) return seen.statuses;
  const plan = await readPlan(run);
  if (!plan) return undefined;
  await insertItems(run.id, plan);
  seen.statuses = await findItemStatuses(run.id);
  return seen.statuses;
}

async function newResults(run: ActiveRun, seen: SeenItems, statuses: Map<number, ItemStatus>): Promise<ItemChange[]> {
  const known = [...statuses.values()].filter((status) => status === 'SUCCEEDED').length;
  if (run.counts.succeeded <= known || Date.now() < (seen.listAgainAtMs ?? 0)) return [];
  const startedMs = Date.now();
  const fresh = (await listResultRanks(run)).filter((rank) => statuses.get(rank) !== 'SUCCEEDED');
  // A tenth of the time at most goes into listing, however many results there are.
  seen.listAgainAtMs = Date.now() + 10 * (Date.now() - startedMs);
  if (statuses.size > READ_RESULTS_UP_TO) return fresh.map((rank) => ({ rank, status: 'SUCCEEDED' }));
  const infos = await readInfos(run, fresh.slice(0, READ_PER_LOOK));
  return infos.flatMap((info) => (info.rank === undefined ? [] : toItemChange(info.rank, info)));
}

/** RUNNING and failed items. The map's list of children does not tell which item each has: its input does. */
async function childStates(run: ActiveRun, seen: SeenItems, statuses: Map<number, ItemStatus>): Promise<ItemChange[]> {
  if (!run.mapRunArn) return [];
  const { running, failed, timedOut, aborted } = run.counts;
  const children: ChildExecution[] = [];
  if (running > 0) children.push(...(await firstPage(run.mapRunArn, 'RUNNING')));
  if (failed > 0) children.push(...(await firstPage(run.mapRunArn, 'FAILED')));
  if (timedOut > 0) children.push(...(await firstPage(run.mapRunArn, 'TIMED_OUT')));
  if (aborted > 0) children.push(...(await firstPage(run.mapRunArn, 'ABORTED')));
  seen.ranks ??= new Map();
  const ranks = seen.ranks;
  const changes: ItemChange[] = [];
  const toAsk: ChildExecution[] = [];
  for (const child of children) {
    const rank = ranks.get(child.arn);
    if (rank === null) continue;
    const known = rank === undefined ? undefined : statuses.get(rank);
    if (child.status !== 'RUNNING') {
      if (known !== child.status && known !== 'SUCCEEDED') toAsk.push(child);
    } else if (rank === undefined) {
      if (Date.now() - Date.parse(child.startedAt) >= ASK_RUNNING_AFTER_MS) toAsk.push(child);
    } else if (known === 'PENDING') changes.push({ rank, status: 'RUNNING' });
  }
  // Failures first: they are what the user looks for.
  toAsk.sort((a, b) => Number(a.status === 'RUNNING') - Number(b.status === 'RUNNING'));
  await eachAtOnce(toAsk.slice(0, ASK_PER_LOOK), async (child) => {
    const change = await askChild(child);
    ranks.set(child.arn, change?.rank ?? null);
    const before = change && statuses.get(change.rank);
    if (change && before !== undefined && before !== 'SUCCEEDED' && before !== change.status) changes.push(change);
  });
  return changes;
}

async function firstPage(mapRunArn: string, status: 'RUNNING' | 'FAILED' | 'TIMED_OUT' | 'ABORTED') {
  const children: ChildExecution[] = [];
  for await (const child of listChildExecutions(mapRunArn, status)) {
    children.push(child);
    if (children.length === 1000) break;
  }
  return children;
}

async function askChild(child: ChildExecution): Promise<ItemChange | undefined> {
  const execution = await maybeDescribeExecution(child.arn);
  const rank = rankOfInput(execution?.input);
  if (!execution || rank === undefined) return undefined;
  const { status, startedAt, stoppedAt } = execution;
  if (status === 'RUNNING' || status === 'SUCCEEDED' || status === 'PENDING_REDRIVE')
    return { rank, status: 'RUNNING', startedAt };
  const { error, message, requestId } = readFailure(execution.error, execution.cause);
  return { rank, status, startedAt, stoppedAt, error, cause: message, requestId };
}

/** The rank in a child's input (JSON text); undefined where there is none. */
export function rankOfInput(input: string | null | undefined): number | undefined {
  try {
    return z.object({ rank: z.number().int().nonnegative() }).parse(JSON.parse(input ?? '')).rank;
  } catch {
    return undefined;
  }
}
