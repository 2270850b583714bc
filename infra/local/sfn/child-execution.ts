import type { Effects } from '../asl/effects.ts';
import { walk } from '../asl/machine.ts';
import { type Json, type JsonObject, type Machine, StatesError } from '../asl/types.ts';
import { childNames, machineNameOf } from './arns.ts';
import type { ChildInput } from './batcher.ts';
import type { Database } from './database.ts';
import { failureOf, type HistoryEvent, recorder } from './history.ts';
import { MAX_STATE_BYTES } from './lambda-task.ts';
import type { ChildPlace, LiveMapRun, RunningChild } from './map-run-state.ts';

/** A child's earlier attempt, which a redrive goes on from. */
export interface EarlierAttempt {
  startMs: number;
  redriveCount: number;
  events: HistoryEvent[];
  /** null: it failed before it entered a state. */
  at: ChildPlace | null;
}

interface Outcome {
  status: keyof LiveMapRun['finished'];
  output: string | null;
  error: string | null;
  cause: string | null;
}

interface Surroundings {
  db: Database;
  effects: Effects;
  run: LiveMapRun;
  processor: Machine;
  /** Aborted when the map run ends before its children. */
  signal: AbortSignal;
  /** Whether the runtime is going down: what runs then is not over, it runs again after the restart. */
  isClosing(): boolean;
}

/** @returns what runs child `number` of a map run and journals how it ended. */
export function childRunner({ db, effects, run, processor, signal, isClosing }: Surroundings) {
  const { arn: mapRunArn, child_machine: machine, redrive_count: attempt } = run.row;
  const machineName = machineNameOf(machine);
  const names = childNames(mapRunArn);

  return async (number: number, { input, items }: ChildInput, earlier?: EarlierAttempt): Promise<void> => {
    const name = names.of(number);
    const arn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    const child: RunningChild = {
      name,
      startMs: earlier?.startMs ?? effects.now(),
      input,
      items,
      redriveCount: earlier ? earlier.redriveCount + 1 : 0,
      events: earlier?.events ?? [],
    };
    run.running.set(number, child);
    const last = child.events.length;
    const history = recorder((event) => child.events.push(event), effects.now, { last, previous: last });
    if (earlier) history.add('ExecutionRedriven', { redriveCount: child.redriveCount });
    else history.add('ExecutionStarted', { input, inputDetails: { truncated: false } });
    const parsed = JSON.parse(input) as Json;
    const context: JsonObject = {
      Execution: {
        Id: arn,
        Input: parsed,
        Name: name,
        RedriveCount: child.redriveCount,
        StartTime: new Date(child.startMs).toISOString(),
      },
      StateMachine: { Id: machine, Name: machineName },
    };
    let at = earlier?.at ?? null;
    const begin = at
      ? { input: at.input, variables: at.variables, resumeAt: at.state }
      : { input: parsed, variables: undefined };
    let outcome: Outcome;
    try {
      if (Buffer.byteLength(input) > MAX_STATE_BYTES)
        throw new StatesError('States.DataLimitExceeded', 'The input of the child execution exceeds 262144 bytes');
      const onEnter = (state: string, entered: Json, variables: ChildPlace['variables']) => {
        at = { state, input: entered, variables };
      };
      const value = await walk({ machine: processor, context, history, effects, signal, onEnter, ...begin });
      const output = JSON.stringify(value);
      history.add('ExecutionSucceeded', { output, outputDetails: { truncated: false } });
      outcome = { status: 'SUCCEEDED', output, error: null, cause: null };
    } catch (error) {
      if (isClosing()) return;
      if (signal.aborted) {
        history.add('ExecutionAborted', {});
        outcome = { status: 'ABORTED', output: null, error: null, cause: null };
      } else if (error instanceof StatesError) {
        history.add('ExecutionFailed', failureOf(error));
        outcome = { status: 'FAILED', output: null, error: error.error, cause: error.cause || null };
      } else throw error;
    }
    await db.write(
      `INSERT OR REPLACE INTO children (map_run, number, name, status, items, start_ms, stop_ms, input, output, error, cause, events, attempt, redrive_count, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      mapRunArn,
      number,
      name,
      outcome.status,
      items,
      child.startMs,
      effects.now(),
      input,
      outcome.output,
      outcome.error,
      outcome.cause,
      JSON.stringify(child.events),
      attempt,
      child.redriveCount,
      outcome.status === 'SUCCEEDED' ? null : JSON.stringify(at),
    );
    run.running.delete(number);
    run.finished[outcome.status].children += 1;
    run.finished[outcome.status].items += items;
  };
}
