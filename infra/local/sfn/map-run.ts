import type { Effects, MapCall } from '../asl/effects.ts';
import { walk } from '../asl/machine.ts';
import { resolve, type Scope } from '../asl/path.ts';
import { type Json, type JsonObject, StatesError } from '../asl/types.ts';
import { childName, machineNameOf } from './arns.ts';
import { type ChildInput, childInputs } from './batcher.ts';
import type { Database } from './database.ts';
import { failureOf, type HistoryEvent, recorder } from './history.ts';
import { type Objects, readItems } from './item-reader.ts';
import { isLambdaResource, MAX_STATE_BYTES } from './lambda-task.ts';
import { type ChildResult, writeResults } from './result-writer.ts';

export interface MapRunRow {
  arn: string;
  execution: string;
  state: string;
  child_machine: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  start_ms: number;
  stop_ms: number | null;
  max_concurrency: number;
  tolerated_count: number;
  tolerated_percentage: number;
  /** Children, once all items are read. */
  total: number | null;
  items: number | null;
  redrive_count: number;
}

/** A map run in progress, as the API and a stop see it. */
export interface LiveMapRun {
  row: MapRunRow;
  /** Children planned so far. */
  planned: { children: number; items: number };
  /** Number → child that runs now. */
  running: Map<number, { name: string; startMs: number; input: string; items: number; events: HistoryEvent[] }>;
  finished: Record<'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED', { children: number; items: number }>;
  /** Looks again at limits that UpdateMapRun has changed. */
  nudge(): void;
}

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
const CHUNK_CHILDREN = 1000;
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

function plan({ name, state }: MapCall, scope: Scope, arn: string, execution: string, nowMs: number): MapRunRow {
  const number = (literal: number | undefined, path: string | undefined, fallback: number): number => {
    const value = path === undefined ? (literal ?? fallback) : resolve(path, scope);
    if (typeof value !== 'number' || value < 0)
      throw new StatesError(
        'States.Runtime',
        `Expected a number from 0 at ${path ?? name}, found ${JSON.stringify(value)}`,
      );
    return value;
  };
  return {
    arn,
    execution,
    state: name,
    child_machine: arn.replace(':mapRun:', ':stateMachine:').split(':').slice(0, 7).join(':'),
    status: 'RUNNING',
    start_ms: nowMs,
    stop_ms: null,
    max_concurrency: number(state.MaxConcurrency, state.MaxConcurrencyPath, 0),
    tolerated_count: number(state.ToleratedFailureCount, state.ToleratedFailureCountPath, 0),
    tolerated_percentage: number(state.ToleratedFailurePercentage, state.ToleratedFailurePercentagePath, 0),
    total: null,
    items: null,
    redrive_count: 0,
  };
}

/**
 * Whether the failures so far are within what is tolerated. With neither limit set none is; with one set it decides;
 * with both, either trips. The percentage is of all items, so it is known only when they have been read.
 */
function tolerates(row: MapRunRow, run: LiveMapRun): boolean {
  const failed = run.finished.FAILED.items + run.finished.TIMED_OUT.items;
  if (failed === 0) return true;
  const { tolerated_count: most, tolerated_percentage: percentage } = row;
  if (most === 0 && percentage === 0) return false;
  if (most > 0 && failed > most) return false;
  return percentage === 0 || row.items === null || (failed / row.items) * 100 <= percentage;
}

/**
 * The children in order. Read from the source once, and journaled in chunks first: a restart takes the same inputs, even
 * if the source has changed, and memory holds one chunk, however many there are.
 */
async function* planned(
  call: MapCall,
  scope: Scope,
  row: MapRunRow,
  run: LiveMapRun,
  { db, objects, effects }: Pick<MapRunEffects, 'db' | 'objects' | 'effects'>,
): AsyncGenerator<[number, ChildInput]> {
  if (row.total === null) {
    await db.write('DELETE FROM chunks WHERE map_run = ?', row.arn);
    const items = call.state.ItemReader
      ? readItems(call.state.ItemReader, scope, effects, objects)
      : Array.isArray(call.items)
        ? call.items
        : entriesOf(call.items ?? {});
    let chunk: ChildInput[] = [];
    const keep = async () => {
      await db.write(
        'INSERT INTO chunks VALUES (?, ?, ?)',
        row.arn,
        run.planned.children - chunk.length,
        JSON.stringify(chunk),
      );
      chunk = [];
    };
    for await (const child of childInputs(call, scope, effects, items)) {
      chunk.push(child);
      run.planned.children += 1;
      run.planned.items += child.items;
      if (chunk.length >= CHUNK_CHILDREN) await keep();
      call.signal?.throwIfAborted();
    }
    if (chunk.length > 0) await keep();
    row.total = run.planned.children;
    row.items = run.planned.items;
    await db.write('UPDATE map_runs SET total = ?, items = ? WHERE arn = ?', row.total, row.items, row.arn);
  } else run.planned = { children: row.total, items: row.items ?? row.total };
  for (let first = 0; first < row.total; ) {
    const found = db.maybe<{ inputs: string }>(
      'SELECT inputs FROM chunks WHERE map_run = ? AND first = ?',
      row.arn,
      first,
    );
    const children = JSON.parse(found?.inputs ?? '[]') as ChildInput[];
    for (const [index, child] of children.entries()) yield [first + index, child];
    first += Math.max(1, children.length);
  }
}

function* entriesOf(object: JsonObject): Generator<Json> {
  for (const [Key, Value] of Object.entries(object)) yield { Key, Value };
}

async function end(db: Database, run: LiveMapRun, status: MapRunRow['status'], nowMs: number): Promise<void> {
  run.row.status = status;
  run.row.stop_ms = nowMs;
  await db.write('UPDATE map_runs SET status = ?, stop_ms = ? WHERE arn = ?', status, nowMs, run.row.arn);
}

export interface ChildRow {
  map_run: string;
  number: number;
  name: string;
  status: string;
  items: number;
  start_ms: number;
  stop_ms: number;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
}

const PAGE = 500;

function resultSource(db: Database, row: MapRunRow) {
  const executions = row.child_machine.replace(':stateMachine:', ':execution:');
  const of = function* (succeeded: boolean): Generator<ChildResult> {
    let last = -1;
    for (;;) {
      const page = db.all<ChildRow>(
        `SELECT * FROM children WHERE map_run = ? AND number > ? AND status ${succeeded ? '=' : '<>'} 'SUCCEEDED' ORDER BY number LIMIT ${PAGE}`,
        row.arn,
        last,
      );
      for (const child of page)
        yield {
          ...child,
          arn: `${executions}:${child.name}`,
          machineArn: row.child_machine,
          startMs: child.start_ms,
          stopMs: child.stop_ms,
        };
      if (page.length < PAGE) return;
      last = page.at(-1)?.number ?? last;
    }
  };
  return {
    succeeded: () => of(true),
    failed: () => of(false),
    *pending(): Generator<string> {
      const chunks = db.all<{ first: number }>('SELECT first FROM chunks WHERE map_run = ? ORDER BY first', row.arn);
      for (const { first } of chunks) {
        const children = JSON.parse(
          db.maybe<{ inputs: string }>('SELECT inputs FROM chunks WHERE map_run = ? AND first = ?', row.arn, first)
            ?.inputs ?? '[]',
        ) as ChildInput[];
        const started = new Set(
          db
            .all<{ number: number }>(
              'SELECT number FROM children WHERE map_run = ? AND number >= ? AND number < ?',
              row.arn,
              first,
              first + children.length,
            )
            .map((child) => child.number),
        );
        if (started.size < children.length)
          for (const [index, child] of children.entries()) if (!started.has(first + index)) yield child.input;
      }
    },
  };
}

/** Without a ResultWriter the outputs are the state's output, in order, as long as they fit. */
function gathered(db: Database, row: MapRunRow): Json {
  const outputs: Json[] = [];
  let sizeBytes = 0;
  for (const { output } of resultSource(db, row).succeeded()) {
    sizeBytes += Buffer.byteLength(output ?? '') + 1;
    if (sizeBytes > MAX_STATE_BYTES)
      throw new StatesError(
        'States.DataLimitExceeded',
        'The state/task returned a result with a size exceeding the maximum number of bytes service limit.',
      );
    outputs.push(JSON.parse(output ?? 'null') as Json);
  }
  return outputs;
}
