import { findLogLines, type LogLine } from '../aws/logs.ts';
import { connection } from '../connection.ts';
import { findItem } from '../db/run-items.ts';
import { findRun } from '../db/runs.ts';
import type { RunDetail, RunItemRow } from '../domain/run.ts';
import { elsewhere } from './elsewhere.ts';

export interface ItemLog {
  lines: { timestampMs: number; message: string }[];
  /** Why there are no lines, or not all. */
  note: string | null;
}

const MAX_LINES = 2_000;
/** Logs may be written some seconds late, and clocks differ. */
const MARGIN_MS = 60_000;

/** What the function printed for one item, START to REPORT, last attempt. */
export async function itemLog(runId: string, rank: number): Promise<ItemLog> {
  const [run, item] = await Promise.all([findRun(runId), findItem(runId, rank)]);
  if (!run || !item) return { lines: [], note: 'There is no such item.' };
  if (item.status === 'PENDING') return { lines: [], note: 'This item has not started yet.' };
  const away = elsewhere(run);
  if (away) return { lines: [], note: away };
  const group = item.logGroup ?? connection().logGroups[`inference-${run.settings.memoryMb}`];
  if (!group)
    return { lines: [], note: `The log group of the function with ${run.settings.memoryMb} MB is not known.` };
  const window = windowOf(run);
  const requestId = item.requestId ?? (await requestIdOf(item, group, window));
  if (!requestId) return { lines: [], note: missingNote(item) };
  const lines = await findLogLines({ group, stream: item.logStream, text: requestId, limit: MAX_LINES, ...window });
  const note =
    lines.length === MAX_LINES
      ? `Only the first ${MAX_LINES.toLocaleString('en-US')} lines are shown.`
      : lines.length === 0
        ? missingNote(item)
        : null;
  return { lines: lines.map(({ timestampMs, message }) => ({ timestampMs, message })), note };
}

interface Window {
  startMs: number | undefined;
  endMs: number | undefined;
}

function windowOf({ startedAt, stoppedAt }: RunDetail): Window {
  return {
    startMs: startedAt ? Date.parse(startedAt) - MARGIN_MS : undefined,
    endMs: stoppedAt ? Date.parse(stoppedAt) + MARGIN_MS : undefined,
  };
}

/** An item that runs or was killed has reported nothing; its log names the file it works on. */
async function requestIdOf(item: RunItemRow, group: string, window: Window): Promise<string | undefined> {
  const key = item.keys[0];
  if (!key) return undefined;
  const named: LogLine[] = await findLogLines({ group, text: key, limit: 200, ...window });
  return named.flatMap(({ message }) => REQUEST_ID.exec(message)?.[0] ?? []).at(-1);
}

const REQUEST_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

function missingNote({ status }: RunItemRow): string {
  return status === 'RUNNING'
    ? 'Nothing printed yet. The whole log is here when the item has ended.'
    : 'No log lines of this item were found; they may have been deleted by the retention of the log group.';
}
