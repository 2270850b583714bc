import {
  describeMapRun,
  type ExecutionEvent,
  historySince,
  maybeDescribeExecution,
  stopExecution,
} from '../aws/executions.ts';
import { codeOf } from '../aws/plain-words.ts';
import type { ActiveRun, RunChanges } from '../db/run-columns.ts';
import { changeWatchedRun } from '../db/runs.ts';
import { advanceCounts } from '../domain/item-counts.ts';
import { advanceStates } from '../domain/state-progress.ts';
import { announce, announceRun } from './announce-run.ts';
import { startBegun } from './begin-run.ts';
import { finishRun } from './finish-run.ts';
import { STOPPED_BY_USER } from './stop-run.ts';
import { type SeenItems, syncItems } from './sync-items.ts';

/** Without news for this long the execution itself is asked: an end must not be missed. */
const ASK_AFTER_MS = 5_000;
const ENDED = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'];

/**
 * Looks once at a running run, stores and tells what has changed.
 * @param seen what this process remembers of the run from look to look; may be lost
 * @returns whether it has ended.
 */
export async function followRun(run: ActiveRun, seen: SeenItems): Promise<boolean> {
  if (!run.executionArn) {
    await startBegun(run);
    return false;
  }
  const arn = run.executionArn;
  if (run.stopRequestedAt && !seen.stopSent) {
    await stopExecution(arn, 'Stopped', STOPPED_BY_USER);
    seen.stopSent = true;
  }
  const events = await news(arn, run.historyEventId);
  if (events === 'gone') {
    await loseRun(run);
    return true;
  }
  if (events.length > 0) seen.newsAtMs = Date.now();
  const followed = { ...run, ...fromEvents(run, events) };
  if (events.some(({ type }) => ENDED.includes(type)) || (await endedSilently(arn, seen))) {
    await finishRun(followed);
    await announceRun(run.id);
    return true;
  }
  if (followed.mapRunArn) {
    const mapRun = await describeMapRun(followed.mapRunArn);
    followed.counts = advanceCounts(run.counts, mapRun.items);
    await syncItems(followed, seen);
  }
  await store(run, followed);
  return false;
}

async function news(arn: string, afterId: number): Promise<ExecutionEvent[] | 'gone'> {
  try {
    return await historySince(arn, afterId);
  } catch (error) {
    if (codeOf(error) === 'ExecutionDoesNotExist') return 'gone';
    throw error;
  }
}

function fromEvents(run: ActiveRun, events: ExecutionEvent[]): RunChanges {
  const last = events.at(-1);
  if (!last) return {};
  const started = events.find(({ type }) => type === 'ExecutionStarted');
  return {
    historyEventId: last.id,
    states: advanceStates(run.states, events),
    mapRunArn: events.findLast(({ mapRunArn }) => mapRunArn)?.mapRunArn ?? run.mapRunArn,
    ...(started ? { startedAt: started.at } : {}),
  };
}

async function endedSilently(arn: string, seen: SeenItems): Promise<boolean> {
  seen.newsAtMs ??= Date.now();
  if (Date.now() - seen.newsAtMs < ASK_AFTER_MS) return false;
  seen.newsAtMs = Date.now();
  const execution = await maybeDescribeExecution(arn);
  return execution !== undefined && execution.status !== 'RUNNING' && execution.status !== 'PENDING_REDRIVE';
}

async function store(before: ActiveRun, after: ActiveRun): Promise<void> {
  const { counts, states, mapRunArn, historyEventId, startedAt } = after;
  if (JSON.stringify([counts, historyEventId]) === JSON.stringify([before.counts, before.historyEventId])) return;
  if (await changeWatchedRun(after, { counts, states, mapRunArn, historyEventId, startedAt })) announce(after);
}

/** The service forgot the execution: AWS does so after 90 days, the local runtime when its state folder is deleted. */
async function loseRun(run: ActiveRun): Promise<void> {
  await changeWatchedRun(run, {
    status: 'FAILED',
    completeness: 'INCOMPLETE',
    stoppedAt: new Date().toISOString(),
    error: 'ExecutionDoesNotExist',
    cause: 'Its execution is not known any more: the state of the service was deleted. Launch it again.',
  });
  await announceRun(run.id);
}
