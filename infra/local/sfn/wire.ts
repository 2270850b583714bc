import type { Database } from './database.ts';
import type { ExecutionRow } from './executions.ts';
import { awaitsRedrive, type ChildRow, type LiveMapRun, type MapRunRow } from './map-run-state.ts';

/** Answer shapes of the API. Times are epoch seconds. */

const seconds = (ms: number) => ms / 1000;
const included = { included: true };

export function executionOf(row: ExecutionRow) {
  return {
    executionArn: row.arn,
    stateMachineArn: row.machine,
    name: row.name,
    status: row.status,
    startDate: seconds(row.start_ms),
    ...(row.stop_ms === null ? {} : { stopDate: seconds(row.stop_ms) }),
    input: row.input,
    inputDetails: included,
    ...(row.output === null ? {} : { output: row.output, outputDetails: included }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    redriveCount: row.redrive_count,
    ...(row.redrive_ms === null ? {} : { redriveDate: seconds(row.redrive_ms) }),
    ...(isOver(row.status)
      ? { redriveStatus: 'REDRIVABLE' }
      : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: notRedrivable(row.status) }),
  };
}

const childArn = (child: ChildRow, mapRun: MapRunRow) =>
  `${mapRun.child_machine.replace(':stateMachine:', ':execution:')}:${child.name}`;

export function listItem(child: ChildRow, mapRun: MapRunRow) {
  return {
    executionArn: childArn(child, mapRun),
    stateMachineArn: mapRun.child_machine,
    name: child.name,
    status: awaitsRedrive(child, mapRun) ? 'PENDING_REDRIVE' : child.status,
    startDate: seconds(child.start_ms),
    ...(child.stop_ms ? { stopDate: seconds(child.stop_ms) } : {}),
    mapRunArn: mapRun.arn,
    itemCount: child.items,
    redriveCount: child.redrive_count,
  };
}

export function childOf(child: ChildRow, mapRun: MapRunRow) {
  const { itemCount: _, ...item } = listItem(child, mapRun);
  return {
    ...item,
    input: child.input,
    inputDetails: included,
    ...(child.output === null ? {} : { output: child.output, outputDetails: included }),
    ...(child.error === null ? {} : { error: child.error }),
    ...(child.cause === null ? {} : { cause: child.cause }),
    ...(isOver(child.status)
      ? { redriveStatus: 'REDRIVABLE_BY_MAP_RUN' }
      : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: notRedrivable(item.status) }),
  };
}

/** Ended, and not well. */
const isOver = (status: string) => status !== 'RUNNING' && status !== 'SUCCEEDED';
const notRedrivable = (status: string) => `Execution is ${status} and cannot be redriven`;

type Counts = Record<
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'timedOut'
  | 'aborted'
  | 'total'
  | 'resultsWritten'
  | 'failuresNotRedrivable'
  | 'pendingRedrive',
  number
>;

/** Both count blocks of a map run: of items and of child executions. */
export function countsOf(
  row: MapRunRow,
  live: LiveMapRun | undefined,
  db: Database,
): { items: Counts; children: Counts } {
  const finished = live?.finished ?? finishedOf(row, db);
  const running = [...(live?.running.values() ?? [])];
  const block = (unit: 'items' | 'children'): Counts => {
    const total = (unit === 'items' ? row.items : row.total) ?? live?.planned[unit] ?? 0;
    const [succeeded, failed, timedOut, aborted] = [
      finished.SUCCEEDED[unit],
      finished.FAILED[unit],
      finished.TIMED_OUT[unit],
      finished.ABORTED[unit],
    ];
    const now = unit === 'items' ? running.reduce((sum, child) => sum + child.items, 0) : running.length;
    const pendingRedrive = live?.redriving[unit] ?? 0;
    const pending = Math.max(0, total - succeeded - failed - timedOut - aborted - now - pendingRedrive);
    return {
      pending,
      running: now,
      succeeded,
      failed,
      timedOut,
      aborted,
      total,
      resultsWritten: succeeded,
      failuresNotRedrivable: 0,
      pendingRedrive,
    };
  };
  return { items: block('items'), children: block('children') };
}

function finishedOf(row: MapRunRow, db: Database): LiveMapRun['finished'] {
  const none = () => ({ children: 0, items: 0 });
  const finished = { SUCCEEDED: none(), FAILED: none(), TIMED_OUT: none(), ABORTED: none() };
  for (const { status, children, items } of db.all<{ status: keyof typeof finished; children: number; items: number }>(
    'SELECT status, COUNT(*) AS children, SUM(items) AS items FROM children WHERE map_run = ? GROUP BY status',
    row.arn,
  )) {
    finished[status] = { children, items };
  }
  return finished;
}

export function mapRunOf(row: MapRunRow, { items, children }: { items: Counts; children: Counts }) {
  return {
    mapRunArn: row.arn,
    executionArn: row.execution,
    status: row.status,
    startDate: seconds(row.start_ms),
    ...(row.stop_ms === null ? {} : { stopDate: seconds(row.stop_ms) }),
    maxConcurrency: row.max_concurrency,
    toleratedFailureCount: row.tolerated_count,
    toleratedFailurePercentage: row.tolerated_percentage,
    itemCounts: items,
    executionCounts: children,
    redriveCount: row.redrive_count,
    ...(row.redrive_ms === null ? {} : { redriveDate: seconds(row.redrive_ms) }),
  };
}
