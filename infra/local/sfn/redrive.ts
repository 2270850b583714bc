import { MAX_EVENTS } from '../asl/history-limit.ts';
import { AwsError } from '../aws-error.ts';
import type { Database } from './database.ts';
import type { Runner } from './executions.ts';
import { parse, requests } from './inputs.ts';
import type { MapRunRow } from './map-run-state.ts';
import type { Records } from './records.ts';

const notRedrivable = (why: string) => new AwsError('ExecutionNotRedrivable', why);

const REDRIVE_LIMIT_MS = 14 * 86_400_000;

/** RedriveExecution: the execution goes on in the state that failed; of a map run, the children that did not succeed. */
export function redriveAction(db: Database, records: Records, runner: Runner) {
  return {
    async RedriveExecution(input: unknown) {
      const { executionArn } = parse(requests.executionArn, input);
      if (records.maybeChild(executionArn))
        throw notRedrivable('The execution is a child of a map run: redrive the execution that its map run belongs to');
      const row = records.requireExecution(executionArn);
      if (row.status === 'RUNNING' || row.status === 'SUCCEEDED')
        throw notRedrivable(`Execution is ${row.status} and cannot be redriven`);
      if (Date.now() - (row.stop_ms ?? 0) > REDRIVE_LIMIT_MS)
        throw notRedrivable('Execution ended more than 14 days ago and cannot be redriven');
      const [redriveMs, redriveCount] = [Date.now(), row.redrive_count + 1];
      const last =
        db.maybe<{ last: number }>('SELECT MAX(id) AS last FROM events WHERE execution = ?', executionArn)?.last ?? 0;
      if (last >= MAX_EVENTS - 1) throw notRedrivable('The history of the execution has no room for another event');
      // A map whose output was too large is run anew, as on AWS.
      const anew = row.error === 'States.DataLimitExceeded';
      const mapRun = anew
        ? undefined
        : db.maybe<MapRunRow>(
            "SELECT * FROM map_runs WHERE execution = ? AND state = ? AND status IN ('FAILED', 'ABORTED') ORDER BY start_ms DESC",
            executionArn,
            row.at_state,
          );
      void db.write(
        'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)',
        executionArn,
        last + 1,
        last,
        redriveMs,
        'ExecutionRedriven',
        JSON.stringify({ redriveCount }),
      );
      if (mapRun) {
        // Its children know by their attempt that they are to run again.
        void db.write(
          "UPDATE map_runs SET status = 'RUNNING', stop_ms = NULL, redrive_count = redrive_count + 1, redrive_ms = ? WHERE arn = ?",
          redriveMs,
          mapRun.arn,
        );
        void db.write(
          'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)',
          executionArn,
          last + 2,
          last + 1,
          redriveMs,
          'MapRunRedriven',
          JSON.stringify({ mapRunArn: mapRun.arn, redriveCount: mapRun.redrive_count + 1 }),
        );
      }
      await db.write(
        "UPDATE executions SET status = 'RUNNING', stop_ms = NULL, error = NULL, cause = NULL, redrive_count = ?, redrive_ms = ?, previous_event = ? WHERE arn = ?",
        redriveCount,
        redriveMs,
        last + (mapRun ? 2 : 1),
        executionArn,
      );
      runner.resume(records.requireExecution(executionArn));
      return { redriveDate: redriveMs / 1000 };
    },
  };
}
