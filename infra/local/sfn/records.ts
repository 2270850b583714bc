import { AwsError } from '../aws-error.ts';
import { childNames, lastPart } from './arns.ts';
import type { Database } from './database.ts';
import type { ExecutionRow } from './executions.ts';
import type { HistoryEvent } from './history.ts';
import type { ChildRow, LiveMapRun, MapRunRow } from './map-run-state.ts';

export interface MachineRow {
  arn: string;
  name: string;
  definition: string;
  role: string;
  revision: string;
  created_ms: number;
  updated_ms: number;
}

export type Records = ReturnType<typeof openRecords>;

/** What the API looks up: rows of the journal, and of map runs in progress what is not in it yet. */
export function openRecords(db: Database, live: ReadonlyMap<string, LiveMapRun>) {
  const requireMachine = (arn: string): MachineRow => {
    const row = db.maybe<MachineRow>('SELECT * FROM machines WHERE arn = ?', arn);
    if (!row) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return row;
  };
  const requireMapRun = (arn: string): { row: MapRunRow; live: LiveMapRun | undefined } => {
    const running = live.get(arn);
    const row = running?.row ?? db.maybe<MapRunRow>('SELECT * FROM map_runs WHERE arn = ?', arn);
    if (!row) throw new AwsError('ResourceNotFound', `Map Run Does Not Exist: '${arn}'`);
    return { row, live: running };
  };
  const maybeExecution = (arn: string) => db.maybe<ExecutionRow>('SELECT * FROM executions WHERE arn = ?', arn);
  const requireExecution = (arn: string): ExecutionRow => {
    const row = maybeExecution(arn);
    if (!row) throw unknownExecution(arn);
    return row;
  };
  /** A child, finished or running, by its execution ARN. */
  const maybeChild = (
    arn: string,
  ): { child: ChildRow; mapRun: MapRunRow; events: () => HistoryEvent[] } | undefined => {
    const machine = arn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
    const name = lastPart(arn);
    for (const mapRun of db.all<MapRunRow>('SELECT * FROM map_runs WHERE child_machine = ?', machine)) {
      const number = childNames(mapRun.arn).numberOf(name);
      if (number === undefined) continue;
      // A child that is redriven has a row of before as well.
      const running = runningChildren(live.get(mapRun.arn)).find((each) => each.child.name === name);
      if (running) return { ...running, mapRun };
      const child = db.maybe<ChildRow & { events: string }>(
        'SELECT * FROM children WHERE map_run = ? AND number = ?',
        mapRun.arn,
        number,
      );
      if (child) return { child, mapRun, events: () => JSON.parse(child.events) as HistoryEvent[] };
    }
    return undefined;
  };
  return { requireMachine, requireMapRun, maybeExecution, requireExecution, maybeChild };
}

export const unknownExecution = (arn: string) =>
  new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);

export function runningChildren(live: LiveMapRun | undefined): { child: ChildRow; events: () => HistoryEvent[] }[] {
  return [...(live?.running ?? [])].map(([number, { name, startMs, input, items, redriveCount, events }]) => ({
    child: {
      map_run: live?.row.arn ?? '',
      number,
      name,
      status: 'RUNNING',
      items,
      start_ms: startMs,
      stop_ms: 0,
      input,
      output: null,
      error: null,
      cause: null,
      attempt: live?.row.redrive_count ?? 0,
      redrive_count: redriveCount,
    },
    events: () => events,
  }));
}
