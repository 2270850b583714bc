import type { Effects, MapCall } from '../asl/effects.ts';
import { resolve, type Scope } from '../asl/path.ts';
import { type Json, type JsonObject, StatesError } from '../asl/types.ts';
import { type ChildInput, childInputs } from './batcher.ts';
import type { Database } from './database.ts';
import { type Objects, readItems } from './item-reader.ts';
import type { LiveMapRun, MapRunRow } from './map-run-state.ts';

/** Children journaled at a time. */
const CHUNK_CHILDREN = 1000;

/** The row of a new map run: its limits as the state gives them. */
export function plan({ name, state }: MapCall, scope: Scope, arn: string, execution: string, nowMs: number): MapRunRow {
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
    redrive_ms: null,
    written: null,
  };
}

/**
 * The children in order. Read from the source once, and journaled in chunks first: a restart takes the same inputs, even
 * if the source has changed, and memory holds one chunk, however many there are.
 */
export async function* planned(
  call: MapCall,
  scope: Scope,
  row: MapRunRow,
  run: LiveMapRun,
  { db, objects, effects }: { db: Database; objects: Objects; effects: Effects },
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
