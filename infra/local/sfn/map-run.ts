import type { Effects, MapCall } from '../asl/effects.ts';
import { walk } from '../asl/machine.ts';
import type { Scope } from '../asl/path.ts';
import { type Json, type JsonObject, StatesError } from '../asl/types.ts';
import { childName, machineNameOf } from './arns.ts';
import type { ChildInput } from './batcher.ts';
import { gathered, resultSource } from './child-results.ts';
import type { Database } from './database.ts';
import { failureOf, type HistoryEvent, recorder } from './history.ts';
import type { Objects } from './item-reader.ts';
import { isLambdaResource, MAX_STATE_BYTES } from './lambda-task.ts';
import { plan, planned } from './map-plan.ts';
import { type LiveMapRun, type MapRunRow, tolerates } from './map-run-state.ts';
import { writeResults } from './result-writer.ts';

export interface MapRunEffects {
  db: Database;
  objects: Objects;
  /** Effects of a child; its own history and signal are added. */
  effects: Effects;
  live: Map<string, LiveMapRun>;
  newArn(label: string): string;
  executionArn: string;
  /** Children with Lambda tasks that are kept in flight without a MaxConcurrency. */
  lambdaChildren: number;
}

/** Children kept in flight without a MaxConcurrency where they need no Lambda. (AWS: 10,000.) */
const UNLIMITED_CHILDREN = 1000;
const THRESHOLD_ERROR = 'States.ExceedToleratedFailureThreshold';

/** Thrown into children when their map run ends before them. */
class ChildrenAborted extends Error {}

/**
 * Runs a distributed Map to its end: children from the items, their results journaled, the result files written.
 * @param resumed the run that a restart or a redrive goes on with; children that ended well are not run again.
 */
export async function runMapRun(
  call: MapCall,
  { db, objects, effects, live, newArn, executionArn, lambdaChildren }: MapRunEffects,
  resumed?: MapRunRow,
): Promise<Json> {
  const { state, history, signal } = call;
  const scope: Scope = { input: call.input, context: call.context, variables: call.variables };
  const row = resumed ?? plan(call, scope, newArn(state.Label ?? call.name), executionArn, effects.now());
  const processor = state.ItemProcessor;
  if (!processor) throw new StatesError('States.Runtime', `The Map state '${call.name}' has no ItemProcessor`);
  if (!resumed) {
    history.add('MapStateStarted', { length: call.items ? Object.keys(call.items).length : 0 });
    history.add('MapRunStarted', { mapRunArn: row.arn });
    void db.write(
      'INSERT INTO map_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...([
        row.arn,
        row.execution,
        row.state,
        row.child_machine,
        row.status,
        row.start_ms,
        null,
        row.max_concurrency,
        row.tolerated_count,
        row.tolerated_percentage,
        null,
        null,
        0,
      ] as const),
    );
  }
  const stop = new AbortController();
  const childSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let wake: () => void = () => undefined;
  const run: LiveMapRun = {
    row,
    planned: { children: 0, items: 0 },
    running: new Map(),
    finished: { SUCCEEDED: count(), FAILED: count(), TIMED_OUT: count(), ABORTED: count() },
    nudge: () => wake(),
  };
  live.set(row.arn, run);
  const done = new Set<number>();
  for (const child of db.all<{ number: number; status: keyof LiveMapRun['finished']; items: number }>(
    'SELECT number, status, items FROM children WHERE map_run = ?',
    row.arn,
  )) {
    done.add(child.number);
    run.finished[child.status].children += 1;
    run.finished[child.status].items += child.items;
  }

  const childMachineName = machineNameOf(row.child_machine);
  const needsLambda = Object.values(processor.States).some(
    (each) => each.Type === 'Task' && isLambdaResource(each.Resource),
  );
  const limit = () => row.max_concurrency || (needsLambda ? lambdaChildren : UNLIMITED_CHILDREN);
  const exceeded = () => tolerates(row, run) === false;

  const runChild = async (number: number, { input, items }: ChildInput) => {
    const name = childName(row.arn, number);
    const startMs = effects.now();
    const events: HistoryEvent[] = [];
    const arn = `${row.child_machine.replace(':stateMachine:', ':execution:')}:${name}`;
    run.running.set(number, { name, startMs, input, items, events });
    const chain = recorder((event) => events.push(event), effects.now);
    chain.add('ExecutionStarted', { input, inputDetails: { truncated: false } });
    const parsed = JSON.parse(input) as Json;
    const context: JsonObject = {
      Execution: { Id: arn, Input: parsed, Name: name, RedriveCount: 0, StartTime: new Date(startMs).toISOString() },
      StateMachine: { Id: row.child_machine, Name: childMachineName },
    };
    let result: {
      status: keyof LiveMapRun['finished'];
      output: string | null;
      error: string | null;
      cause: string | null;
    };
    try {
      if (Buffer.byteLength(input) > MAX_STATE_BYTES)
        throw new StatesError('States.DataLimitExceeded', 'The input of the child execution exceeds 262144 bytes');
      const output = JSON.stringify(
        await walk({ machine: processor, input: parsed, context, history: chain, effects, signal: childSignal }),
      );
      chain.add('ExecutionSucceeded', { output, outputDetails: { truncated: false } });
      result = { status: 'SUCCEEDED', output, error: null, cause: null };
    } catch (error) {
      // The runtime is closing: the child is not over, it runs again after the restart.
      if (signal?.aborted && !(signal.reason instanceof StatesError)) return;
      if (error instanceof StatesError && !childSignal.aborted) {
        chain.add('ExecutionFailed', failureOf(error));
        result = { status: 'FAILED', output: null, error: error.error, cause: error.cause || null };
      } else if (childSignal.aborted) {
        chain.add('ExecutionAborted', {});
        result = { status: 'ABORTED', output: null, error: null, cause: null };
      } else throw error;
    }
    await db.write(
      'INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.arn,
      number,
      name,
      result.status,
      items,
      startMs,
      effects.now(),
      input,
      result.output,
      result.error,
      result.cause,
      JSON.stringify(events),
    );
    run.running.delete(number);
    run.finished[result.status].children += 1;
    run.finished[result.status].items += items;
  };

  let failure: unknown;
  const inFlight = new Set<Promise<void>>();
  const idle = () =>
    new Promise<void>((resume) => {
      wake = resume;
    });
  try {
    for await (const [number, child] of planned(call, scope, row, run, { db, objects, effects })) {
      if (done.has(number)) continue;
      while (inFlight.size >= limit() && failure === undefined && !exceeded() && !childSignal.aborted) await idle();
      if (failure !== undefined || exceeded() || childSignal.aborted) break;
      const work: Promise<void> = runChild(number, child)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => {
          inFlight.delete(work);
          wake();
        });
      inFlight.add(work);
    }
    while (inFlight.size > 0 && failure === undefined && !exceeded()) await Promise.race([idle(), ...inFlight]);
    if (inFlight.size > 0) stop.abort(new ChildrenAborted('the map run has ended'));
    await Promise.allSettled(inFlight);
    if (signal?.aborted) throw signal.reason;
    if (failure !== undefined) throw failure;
    const written = state.ResultWriter
      ? await writeResults(state.ResultWriter, row.arn, resultSource(db, row), scope, effects, objects)
      : undefined;
    if (exceeded()) throw new StatesError(THRESHOLD_ERROR, 'The specified tolerated failure threshold was exceeded');
    const output = written ?? gathered(db, row);
    history.add('MapRunSucceeded');
    // Not awaited: the end of the map run and the step to the next state must be in the journal together or not at all.
    void end(db, run, 'SUCCEEDED', effects.now());
    return output;
  } catch (error) {
    stop.abort(new ChildrenAborted('the map run has ended'));
    await Promise.allSettled(inFlight);
    const closing = signal?.aborted && !(signal.reason instanceof StatesError);
    if (!closing) {
      const aborted = signal?.aborted === true;
      if (aborted) history.add('MapRunAborted');
      else if (error instanceof StatesError) history.add('MapRunFailed', failureOf(error));
      void end(db, run, aborted ? 'ABORTED' : 'FAILED', effects.now());
      if (aborted) history.add('MapStateAborted');
    }
    throw error;
  } finally {
    live.delete(row.arn);
  }
}

const count = () => ({ children: 0, items: 0 });

async function end(db: Database, run: LiveMapRun, status: MapRunRow['status'], nowMs: number): Promise<void> {
  run.row.status = status;
  run.row.stop_ms = nowMs;
  await db.write('UPDATE map_runs SET status = ?, stop_ms = ? WHERE arn = ?', status, nowMs, run.row.arn);
}
