import type { Database } from './database.ts';
import { awaitsRedrive, type ChildRow, type LiveMapRun, type MapRunRow } from './map-run-state.ts';
import { runningChildren } from './records.ts';

export type RedriveFilter = 'REDRIVEN' | 'NOT_REDRIVEN';

/** Children of a map run that have started, latest first: what runs, then what is over. `limit` of them from `offset` on. */
export function listChildren(
  db: Database,
  { row, live }: { row: MapRunRow; live: LiveMapRun | undefined },
  filter: { status: string | undefined; redrive: RedriveFilter | undefined },
  offset: number,
  limit: number,
): ChildRow[] {
  const shown = filter.status === undefined || filter.status === 'RUNNING';
  const running = runningChildren(shown ? live : undefined)
    .map(({ child }) => child)
    .filter((child) => filter.redrive === undefined || child.redrive_count > 0 === (filter.redrive === 'REDRIVEN'))
    .reverse();
  const { sql, values } = conditions(row, live, filter);
  const over = db.all<ChildRow>(
    `SELECT map_run, number, name, status, items, start_ms, stop_ms, attempt, redrive_count FROM children
     WHERE ${sql} ORDER BY start_ms DESC, number DESC LIMIT ? OFFSET ?`,
    ...values,
    limit,
    Math.max(0, offset - running.length),
  );
  return [...running.slice(offset), ...over].slice(0, limit);
}

/** SQL has no say in what `awaitsRedrive` tells; while a redrive is under way this is the same in SQL. */
function conditions(
  row: MapRunRow,
  live: LiveMapRun | undefined,
  { status, redrive }: { status: string | undefined; redrive: RedriveFilter | undefined },
): { sql: string; values: (string | number)[] } {
  const parts: [string, ...(string | number)[]][] = [['map_run = ?', row.arn]];
  const redriving = awaitsRedrive({ status: 'FAILED', attempt: row.redrive_count - 1 }, row);
  if (redriving && live && live.running.size > 0)
    parts.push(['number NOT IN (SELECT value FROM json_each(?))', JSON.stringify([...live.running.keys()])]);
  if (status === 'PENDING_REDRIVE')
    parts.push(redriving ? ["status <> 'SUCCEEDED' AND attempt < ?", row.redrive_count] : ['0']);
  else if (status !== undefined) {
    parts.push(['status = ?', status]);
    if (redriving && status !== 'SUCCEEDED') parts.push(['attempt = ?', row.redrive_count]);
  }
  if (redrive !== undefined) parts.push([`redrive_count ${redrive === 'REDRIVEN' ? '>' : '='} 0`]);
  return { sql: parts.map(([text]) => text).join(' AND '), values: parts.flatMap(([, ...values]) => values) };
}
