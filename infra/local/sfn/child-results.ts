import { type Json, StatesError } from '../asl/types.ts';
import type { ChildInput } from './batcher.ts';
import type { Database } from './database.ts';
import { MAX_STATE_BYTES } from './lambda-task.ts';
import type { ChildRow, MapRunRow } from './map-run-state.ts';
import { type ChildResult, transformed } from './result-writer.ts';

const PAGE = 500;

/** The children of a map run from the journal, a page at a time, as the result files want them. */
export function resultSource(db: Database, row: MapRunRow) {
  const executions = row.child_machine.replace(':stateMachine:', ':execution:');
  const of = function* (condition: string, ...values: number[]): Generator<ChildResult> {
    let last = -1;
    for (;;) {
      const page = db.all<ChildRow>(
        `SELECT * FROM children WHERE map_run = ? AND number > ? AND ${condition} ORDER BY number LIMIT ${PAGE}`,
        row.arn,
        last,
        ...values,
      );
      for (const child of page)
        yield {
          ...child,
          arn: `${executions}:${child.name}`,
          machineArn: row.child_machine,
          startMs: child.start_ms,
          stopMs: child.stop_ms,
          redriveCount: child.redrive_count,
        };
      if (page.length < PAGE) return;
      last = page.at(-1)?.number ?? last;
    }
  };
  return {
    succeeded: (afterAttempt: number) => of("status = 'SUCCEEDED' AND attempt > ?", afterAttempt),
    failed: () => of("status <> 'SUCCEEDED'"),
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

/** Without an export to S3 the results are the state's output, in order, as long as they fit. */
export function gathered(db: Database, row: MapRunRow, transformation: 'NONE' | 'COMPACT' | 'FLATTEN'): Json {
  const outputs: Json[] = [];
  let sizeBytes = 0;
  for (const value of transformed(resultSource(db, row).succeeded(-1), transformation)) {
    sizeBytes += Buffer.byteLength(JSON.stringify(value)) + 1;
    if (sizeBytes > MAX_STATE_BYTES)
      throw new StatesError(
        'States.DataLimitExceeded',
        'The state/task returned a result with a size exceeding the maximum number of bytes service limit.',
      );
    outputs.push(value);
  }
  return outputs;
}
