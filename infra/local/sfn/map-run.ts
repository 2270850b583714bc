import type { Effects, MapCall } from '../asl/effects.ts';
import type { Scope } from '../asl/path.ts';
import { type Json, StatesError } from '../asl/types.ts';
import { childRunner, type EarlierAttempt } from './child-execution.ts';
import { gathered, resultSource } from './child-results.ts';
import type { Database } from './database.ts';
import { failureOf, type HistoryEvent } from './history.ts';
import type { Objects } from './item-reader.ts';
import { isLambdaResource } from './lambda-task.ts';
import { plan, planned } from './map-plan.ts';
import { awaitsRedrive, type ChildRow, type LiveMapRun, type MapRunRow, tolerates } from './map-run-state.ts';
import { checkDestination, writeResults } from './result-writer.ts';

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
    void insert(db, row);
  }
  const stop = new AbortController();
  const childSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let wake: () => void = () => undefined;
  const run: LiveMapRun = {
    row,
    planned: { children: 0, items: 0 },
    running: new Map(),
    redriving: count(),
    finished: { SUCCEEDED: count(), FAILED: count(), TIMED_OUT: count(), ABORTED: count() },
    nudge: () => wake(),
  };
  live.set(row.arn, run);
  const { done, earlier } = ofEarlierAttempts(db, run);
  const isClosing = () => signal?.aborted === true && !(signal.reason instanceof StatesError);
  const runChild = childRunner({ db, effects, run, processor, signal: childSignal, isClosing });
  const needsLambda = Object.values(processor.States).some(
    (each) => each.Type === 'Task' && isLambdaResource(each.Resource),
  );
  const limit = () => row.max_concurrency || (needsLambda ? lambdaChildren : UNLIMITED_CHILDREN);
  const exceeded = () => tolerates(row, run) === false;

  const writer = state.ResultWriter ?? {};
  const exports = writer.Resource !== undefined;
  let failure: unknown;
  const inFlight = new Set<Promise<void>>();
  const idle = () =>
    new Promise<void>((resume) => {
      wake = resume;
    });
  try {
    if (exports && !resumed) await checkDestination(writer, scope, effects, objects);
    for await (const [number, child] of planned(call, scope, row, run, { db, objects, effects })) {
      if (done.has(number)) continue;
      while (inFlight.size >= limit() && failure === undefined && !exceeded() && !childSignal.aborted) await idle();
      if (failure !== undefined || exceeded() || childSignal.aborted) break;
      const work: Promise<void> = runChild(number, child, earlier(number))
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
    const results = exports
      ? await writeResults(writer, row, resultSource(db, row), scope, effects, objects)
      : undefined;
    row.written = results?.written ?? null;
    if (exceeded()) throw new StatesError(THRESHOLD_ERROR, 'The specified tolerated failure threshold was exceeded');
    const output = results?.output ?? gathered(db, row, writer.WriterConfig?.Transformation ?? 'COMPACT');
    history.add('MapRunSucceeded');
    // Not awaited: the end of the map run and the step to the next state must be in the journal together or not at all.
    void end(db, run, 'SUCCEEDED', effects.now());
    return output;
  } catch (error) {
    stop.abort(new ChildrenAborted('the map run has ended'));
    await Promise.allSettled(inFlight);
    if (!isClosing()) {
      const aborted = signal?.aborted === true;
      if (aborted) history.add('MapRunAborted');
      else if (error instanceof StatesError) history.add('MapRunFailed', failureOf(error));
      void end(db, run, aborted ? 'ABORTED' : 'FAILED', effects.now());
    }
    throw error;
  } finally {
    live.delete(row.arn);
  }
}

const count = () => ({ children: 0, items: 0 });

/**
 * Counts into `run` what is over.
 * @returns numbers of the children that are done, and what is known of one that waits to be redriven.
 */
function ofEarlierAttempts(db: Database, run: LiveMapRun) {
  const done = new Set<number>();
  const waiting = new Set<number>();
  const rows = db.all<Pick<ChildRow, 'number' | 'status' | 'items' | 'attempt'>>(
    'SELECT number, status, items, attempt FROM children WHERE map_run = ?',
    run.row.arn,
  );
  for (const child of rows) {
    const again = awaitsRedrive(child, run.row);
    const counter = again ? run.redriving : run.finished[child.status as keyof LiveMapRun['finished']];
    counter.children += 1;
    counter.items += child.items;
    (again ? waiting : done).add(child.number);
  }
  const earlier = (number: number): EarlierAttempt | undefined => {
    if (!waiting.delete(number)) return undefined;
    const child = db.maybe<ChildRow & { events: string; at: string | null }>(
      'SELECT * FROM children WHERE map_run = ? AND number = ?',
      run.row.arn,
      number,
    );
    if (!child) return undefined;
    run.redriving.children -= 1;
    run.redriving.items -= child.items;
    return {
      startMs: child.start_ms,
      redriveCount: child.redrive_count,
      events: JSON.parse(child.events) as HistoryEvent[],
      at: JSON.parse(child.at ?? 'null') as EarlierAttempt['at'],
    };
  };
  return { done, earlier };
}

function insert(db: Database, row: MapRunRow): Promise<void> {
  const columns = Object.keys(row) as (keyof MapRunRow)[];
  const marks = columns.map(() => '?').join(', ');
  return db.write(
    `INSERT INTO map_runs (${columns.join(', ')}) VALUES (${marks})`,
    ...columns.map((column) => row[column]),
  );
}

async function end(db: Database, run: LiveMapRun, status: MapRunRow['status'], nowMs: number): Promise<void> {
  run.row.status = status;
  run.row.stop_ms = nowMs;
  const { arn, written } = run.row;
  await db.write('UPDATE map_runs SET status = ?, stop_ms = ?, written = ? WHERE arn = ?', status, nowMs, written, arn);
}
