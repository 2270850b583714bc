import type { Database } from './database.ts';
import { parse, requests } from './inputs.ts';
import type { MapRunRow } from './map-run-state.ts';
import { offsetOf, tokenAfter } from './paging.ts';
import type { Records } from './records.ts';
import { countsOf, mapRunOf } from './wire.ts';

/** The API's actions on map runs. */
export function mapRunActions(db: Database, { requireExecution, requireMapRun }: Records) {
  return {
    ListMapRuns(input: unknown) {
      const { executionArn, maxResults, nextToken } = parse(requests.ListMapRuns, input);
      requireExecution(executionArn);
      const from = offsetOf(nextToken);
      const rows = db.all<MapRunRow>(
        'SELECT * FROM map_runs WHERE execution = ? ORDER BY start_ms DESC LIMIT ? OFFSET ?',
        executionArn,
        maxResults + 1,
        from,
      );
      const mapRuns = rows.slice(0, maxResults).map((row) => ({
        executionArn,
        mapRunArn: row.arn,
        stateMachineArn: row.child_machine,
        startDate: row.start_ms / 1000,
        ...(row.stop_ms === null ? {} : { stopDate: row.stop_ms / 1000 }),
      }));
      return { mapRuns, ...tokenAfter(rows.length > maxResults, from + maxResults) };
    },
    DescribeMapRun(input: unknown) {
      const { row, live } = requireMapRun(parse(requests.mapRunArn, input).mapRunArn);
      return mapRunOf(row, countsOf(row, live, db));
    },
    async UpdateMapRun(input: unknown) {
      const { mapRunArn, maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = parse(
        requests.UpdateMapRun,
        input,
      );
      const { row, live } = requireMapRun(mapRunArn);
      if (maxConcurrency !== undefined) row.max_concurrency = maxConcurrency;
      if (toleratedFailureCount !== undefined) row.tolerated_count = toleratedFailureCount;
      if (toleratedFailurePercentage !== undefined) row.tolerated_percentage = toleratedFailurePercentage;
      await db.write(
        'UPDATE map_runs SET max_concurrency = ?, tolerated_count = ?, tolerated_percentage = ? WHERE arn = ?',
        row.max_concurrency,
        row.tolerated_count,
        row.tolerated_percentage,
        mapRunArn,
      );
      live?.nudge();
      return {};
    },
  };
}
