import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Effects, TaskCall } from '../asl/effects.ts';
import { MAX_EVENTS, tooManyEvents } from '../asl/history-limit.ts';
import { walk } from '../asl/machine.ts';
import { type Json, type JsonObject, type Machine, StatesError } from '../asl/types.ts';
import type { Variables } from '../asl/variables.ts';
import { arnsOf, machineNameOf } from './arns.ts';
import { BoundedRegExp } from './bounded-regexp.ts';
import type { Database } from './database.ts';
import { failureOf, type HistoryEvent, recorder } from './history.ts';
import type { Objects } from './item-reader.ts';
import { isLambdaResource, type LambdaInvoker, MAX_STATE_BYTES, runLambdaTask } from './lambda-task.ts';
import { runMapRun } from './map-run.ts';
import type { LiveMapRun, MapRunRow } from './map-run-state.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionRow {
  arn: string;
  machine: string;
  name: string;
  definition: string;
  input: string;
  status: ExecutionStatus;
  start_ms: number;
  stop_ms: number | null;
  output: string | null;
  error: string | null;
  cause: string | null;
  at_state: string | null;
  at_input: string | null;
  /** Variables on entry to at_state, as JSON. */
  at_variables?: string | null;
  last_event: number;
  previous_event: number;
  redrive_count: number;
  redrive_ms: number | null;
}

/** The reason of StopExecution; children and tasks see it as their signal's reason. */
class Stopped extends StatesError {}
/** The runtime is closing: executions stay RUNNING and go on at the next start. */
const CLOSING = Symbol('closing');

export interface Runner {
  start(row: ExecutionRow): void;
  /** Goes on with an execution that a restart or a redrive finds unfinished. */
  resume(row: ExecutionRow): void;
  /** @returns when the execution has ended. */
  stop(arn: string, error: string, cause: string): Promise<void>;
  live: Map<string, LiveMapRun>;
  close(): Promise<void>;
}

/** Runs executions: each is one walk through its machine, with its events and its place journaled as it goes. */
export function createRunner({
  db,
  lambda,
  objects,
  region,
  accountId,
  lambdaChildren,
}: {
  db: Database;
  lambda: LambdaInvoker;
  objects: Objects;
  region: string;
  accountId: string;
  lambdaChildren: number;
}): Runner {
  const arns = arnsOf(region, accountId);
  const active = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  const live = new Map<string, LiveMapRun>();
  const impure = {
    now: Date.now,
    random: Math.random,
    uuid: randomUUID,
    sleep,
    RegExp: BoundedRegExp as RegExpConstructor,
  };

  const run = async (row: ExecutionRow, signal: AbortSignal, resumed: boolean): Promise<void> => {
    const machine = JSON.parse(row.definition) as Machine;
    const machineName = machineNameOf(row.machine);
    const record = ({ id, previousEventId, timestampMs, type, details }: HistoryEvent) => {
      if (id > MAX_EVENTS && !type.startsWith('Execution')) throw tooManyEvents();
      void db.write(
        'INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?)',
        row.arn,
        id,
        previousEventId,
        timestampMs,
        type,
        details ? JSON.stringify(details) : null,
      );
    };
    const history = recorder(record, impure.now, { last: row.last_event, previous: row.previous_event });
    const at = { state: row.at_state, current: row.at_state };
    // Of a map inside a Parallel, an inline Map or a child nothing goes on: its state runs again from the start.
    if (resumed)
      void db.write(
        "UPDATE map_runs SET status = 'ABORTED', stop_ms = ? WHERE execution = ? AND state <> ? AND status = 'RUNNING'",
        Date.now(),
        row.arn,
        row.at_state,
      );
    /** The map run of the state that the execution stands in, if it has begun. */
    const unfinishedMap = (state: string) =>
      resumed && at.state === state
        ? db.maybe<MapRunRow>(
            "SELECT * FROM map_runs WHERE execution = ? AND state = ? AND status = 'RUNNING'",
            row.arn,
            state,
          )
        : undefined;
    const effects: Effects = {
      ...impure,
      task: (call) => withTimeout(call, (limited) => task(limited)),
      distributedMap: async (call) => {
        try {
          return await runMapRun(
            call,
            {
              db,
              objects,
              effects,
              live,
              newArn: (label) => arns.mapRun(machineName, label),
              executionArn: row.arn,
              lambdaChildren,
            },
            unfinishedMap(call.name),
          );
        } catch (error) {
          // In a branch the interpreter tells it.
          if (call.name === at.current && call.signal?.reason instanceof StatesError) history.add('MapStateAborted');
          throw error;
        }
      },
    };
    const task = (call: TaskCall): Promise<Json> => {
      if (!isLambdaResource(call.resource))
        throw new StatesError('States.Runtime', `not supported by the local runtime: task resource ${call.resource}`);
      return runLambdaTask(call, lambda, region);
    };
    const context: JsonObject = {
      Execution: {
        Id: row.arn,
        Input: JSON.parse(row.input) as Json,
        Name: row.name,
        RoleArn: `arn:aws:iam::${accountId}:role/starmap`,
        StartTime: new Date(row.start_ms).toISOString(),
        RedriveCount: row.redrive_count,
      },
      StateMachine: { Id: row.machine, Name: machineName },
    };
    if (!resumed)
      history.add('ExecutionStarted', {
        input: row.input,
        inputDetails: { truncated: false },
        roleArn: `arn:aws:iam::${accountId}:role/starmap`,
      });
    const onEnter = (state: string, input: Json, variables: Variables | undefined) => {
      at.state = null;
      at.current = state;
      const { last, previous } = history.position();
      void db.write(
        'UPDATE executions SET at_state = ?, at_input = ?, at_variables = ?, last_event = ?, previous_event = ? WHERE arn = ?',
        state,
        JSON.stringify(input),
        variables === undefined ? null : JSON.stringify(variables),
        last,
        previous,
        row.arn,
      );
    };
    const end = async (
      status: ExecutionStatus,
      event: string,
      details: JsonObject,
      outcome: { output?: string; error?: string; cause?: string },
    ) => {
      history.add(event, details);
      await db.write(
        'UPDATE executions SET status = ?, stop_ms = ?, output = ?, error = ?, cause = ? WHERE arn = ?',
        status,
        Date.now(),
        outcome.output ?? null,
        outcome.error ?? null,
        outcome.cause ?? null,
        row.arn,
      );
    };
    const limited = deadline(machine.TimeoutSeconds, row.redrive_ms ?? row.start_ms, signal);
    try {
      const input = JSON.parse(row.at_input !== null && resumed ? row.at_input : row.input) as Json;
      const value = await walk({
        machine,
        input,
        context,
        history,
        effects,
        signal: limited.signal,
        onEnter,
        ...(resumed && row.at_state !== null ? { resumeAt: row.at_state, variables: variablesOf(row) } : {}),
      });
      const output = JSON.stringify(value);
      if (Buffer.byteLength(output) > MAX_STATE_BYTES)
        throw new StatesError('States.DataLimitExceeded', 'The output of the execution exceeds 262144 bytes');
      await end('SUCCEEDED', 'ExecutionSucceeded', { output, outputDetails: { truncated: false } }, { output });
    } catch (error) {
      if (signal.aborted && signal.reason === CLOSING) return;
      const reason = limited.signal.aborted ? limited.signal.reason : error;
      const failure = failureOf(
        reason instanceof StatesError ? reason : new StatesError('States.Runtime', String(reason)),
      );
      if (!(reason instanceof StatesError)) console.error(reason);
      if (reason instanceof Stopped) await end('ABORTED', 'ExecutionAborted', failure, failure);
      else if (limited.signal.aborted) await end('TIMED_OUT', 'ExecutionTimedOut', {}, {});
      else await end('FAILED', 'ExecutionFailed', failure, failure);
    } finally {
      limited.clear();
    }
  };

  const launch = (row: ExecutionRow, resumed: boolean) => {
    const stop = new AbortController();
    const ended = run(row, stop.signal, resumed).finally(() => active.delete(row.arn));
    active.set(row.arn, { stop, ended });
    ended.catch((error: unknown) => console.error(error));
  };

  return {
    live,
    start: (row) => launch(row, false),
    resume(row) {
      if (row.at_state === null) {
        void db.write('DELETE FROM events WHERE execution = ?', row.arn);
        launch(row, false);
        return;
      }
      // What was recorded after the last checkpoint happened, but is not known to the walk: number on behind it.
      const last =
        db.maybe<{ last: number }>('SELECT MAX(id) AS last FROM events WHERE execution = ?', row.arn)?.last ?? 0;
      launch({ ...row, last_event: Math.max(last, row.last_event) }, true);
    },
    async stop(arn, error, cause) {
      const running = active.get(arn);
      running?.stop.abort(new Stopped(error, cause));
      await running?.ended;
    },
    async close() {
      for (const { stop } of active.values()) stop.abort(CLOSING);
      await Promise.allSettled([...active.values()].map(({ ended }) => ended));
    },
  };
}

const variablesOf = ({ at_variables: text }: ExecutionRow) => (text ? (JSON.parse(text) as Variables) : undefined);

/** TimeoutSeconds of the whole machine, counted from the start of the execution or its latest redrive. */
function deadline(
  timeoutSeconds: number | undefined,
  fromMs: number,
  signal: AbortSignal,
): { signal: AbortSignal; clear(): void } {
  if (timeoutSeconds === undefined) return { signal, clear: () => undefined };
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new StatesError('States.Timeout', '')),
    Math.min(2 ** 31 - 1, Math.max(0, fromMs + timeoutSeconds * 1000 - Date.now())),
  );
  return { signal: AbortSignal.any([signal, over.signal]), clear: () => clearTimeout(timer) };
}

/** Ends a task that exceeds its TimeoutSeconds; a Lambda that still runs is left to end, as on AWS. */
async function withTimeout(call: TaskCall, work: (call: TaskCall) => Promise<Json>): Promise<Json> {
  if (call.timeoutSeconds === undefined) return work(call);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new StatesError('States.Timeout', '')), call.timeoutSeconds * 1000);
  try {
    return await work({ ...call, signal: call.signal ? AbortSignal.any([call.signal, over.signal]) : over.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
