import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { AwsError } from '../aws-error.ts';
import { matcher } from './filter-pattern.ts';

export interface LogEvent {
  timestampMs: number;
  message: string;
}

export interface StoredEvent extends LogEvent {
  /** Grows with every event. */
  id: number;
  stream: string;
  ingestedMs: number;
}

export interface EventFilter {
  group: string;
  streams?: string[];
  streamPrefix?: string;
  /** Inclusive. */
  startMs?: number;
  /** Exclusive. */
  endMs?: number;
  pattern?: string;
  /** Events in one page. */
  limit?: number;
  nextToken?: string;
}

export type LogStore = ReturnType<typeof openLogStore>;

/** Events are written in batches, at the latest this long after they came, ms. Reads see them at once. */
const FLUSH_MS = 50;
const FLUSH_EVENTS = 2000;
/** Most events looked at for one page of FilterLogEvents: AWS, too, answers empty pages with a token. */
const SCAN_EVENTS = 50_000;
const MAX_PAGE = 10_000;

/** Log groups, streams and events in an SQLite file, ordered by time. */
export function openLogStore(dir: string) {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(path.join(dir, 'logs.db'));
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000;
    CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, retention_days INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS streams (grp TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (grp, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS events (
      id INTEGER PRIMARY KEY, grp TEXT NOT NULL, stream TEXT NOT NULL, timestamp_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, message TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS events_by_time ON events (grp, timestamp_ms, id);
    CREATE INDEX IF NOT EXISTS events_by_stream ON events (grp, stream, timestamp_ms, id);
  `);
  const addGroup = db.prepare('INSERT OR IGNORE INTO groups (name, created_ms) VALUES (?, ?)');
  const addStream = db.prepare('INSERT OR IGNORE INTO streams VALUES (?, ?, ?)');
  const addEvent = db.prepare(
    'INSERT INTO events (grp, stream, timestamp_ms, ingested_ms, message) VALUES (?, ?, ?, ?, ?)',
  );
  const group = db.prepare('SELECT name FROM groups WHERE name = ?');
  let waiting: { group: string; stream: string; event: LogEvent }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    const now = Date.now();
    db.exec('BEGIN');
    for (const each of batch)
      addEvent.run(each.group, each.stream, Math.round(each.event.timestampMs), now, each.event.message);
    db.exec('COMMIT');
  };
  const requireGroup = (name: string) => {
    if (!group.get(name))
      throw new AwsError('ResourceNotFoundException', `The specified log group does not exist: ${name}`);
  };

  return {
    /** @returns false where the group was there already. */
    ensureGroup: (name: string): boolean => addGroup.run(name, Date.now()).changes > 0,
    ensureStream(groupName: string, stream: string): void {
      addGroup.run(groupName, Date.now());
      addStream.run(groupName, stream, Date.now());
    },
    deleteGroup(name: string): void {
      requireGroup(name);
      flush();
      for (const table of ['events', 'streams']) db.prepare(`DELETE FROM ${table} WHERE grp = ?`).run(name);
      db.prepare('DELETE FROM groups WHERE name = ?').run(name);
    },
    setRetention(name: string, days: number | null): void {
      requireGroup(name);
      db.prepare('UPDATE groups SET retention_days = ? WHERE name = ?').run(days, name);
    },

    /** The stream must have been ensured. Returns at once. */
    append(groupName: string, stream: string, events: LogEvent[]): void {
      for (const event of events) waiting.push({ group: groupName, stream, event });
      if (waiting.length >= FLUSH_EVENTS) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },

    /** Events of a group in order of time, one page; an empty page with a token means: go on. */
    filter(filter: EventFilter): { events: StoredEvent[]; nextToken: string | null } {
      requireGroup(filter.group);
      flush();
      const { clause, values } = whereOf(filter);
      const limit = Math.min(filter.limit ?? MAX_PAGE, MAX_PAGE);
      const [fromMs, fromId] = filter.nextToken ? parseToken(filter.nextToken) : [-1, -1];
      const rows = db.prepare(
        `SELECT * FROM events WHERE ${clause} AND (timestamp_ms, id) > (?, ?) ORDER BY timestamp_ms, id LIMIT ?`,
      );
      const matches = matcher(filter.pattern ?? '');
      const events: StoredEvent[] = [];
      let scanned = 0;
      let last: EventRow | undefined;
      for (const row of rows.iterate(
        ...values,
        fromMs,
        fromId,
        SCAN_EVENTS,
      ) as Iterable<unknown> as Iterable<EventRow>) {
        scanned += 1;
        last = row;
        if (matches(row.message)) events.push(toEvent(row));
        if (events.length >= limit) break;
      }
      const more = last !== undefined && (events.length >= limit || scanned >= SCAN_EVENTS);
      return { events, nextToken: more && last ? `${last.timestamp_ms}.${last.id}` : null };
    },

    /** One page of a stream; `backward` reads from the end. Events come in order of time either way. */
    get(filter: EventFilter & { stream: string; backward: boolean }): {
      events: StoredEvent[];
      forwardToken: string;
      backwardToken: string;
    } {
      requireGroup(filter.group);
      flush();
      const { clause, values } = whereOf({ ...filter, streams: [filter.stream] });
      const [tokenMs, tokenId] = filter.nextToken
        ? parseToken(filter.nextToken.slice(2))
        : filter.backward
          ? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
          : [-1, -1];
      const backward = filter.nextToken ? filter.nextToken.startsWith('b/') : filter.backward;
      const [sign, order] = backward ? ['<', 'DESC'] : ['>', 'ASC'];
      const rows = db
        .prepare(
          `SELECT * FROM events WHERE ${clause} AND (timestamp_ms, id) ${sign} (?, ?) ORDER BY timestamp_ms ${order}, id ${order} LIMIT ?`,
        )
        .all(...values, tokenMs, tokenId, Math.min(filter.limit ?? MAX_PAGE, MAX_PAGE)) as unknown as EventRow[];
      if (backward) rows.reverse();
      const [first, last] = [rows[0], rows.at(-1)];
      // At the end the token repeats: that is how a client knows.
      return {
        events: rows.map(toEvent),
        forwardToken: `f/${last ? `${last.timestamp_ms}.${last.id}` : `${tokenMs}.${tokenId}`}`,
        backwardToken: `b/${first ? `${first.timestamp_ms}.${first.id}` : `${tokenMs}.${tokenId}`}`,
      };
    },

    groups(prefix = ''): { name: string; createdMs: number; retentionDays: number | null }[] {
      const rows = db
        .prepare('SELECT * FROM groups WHERE substr(name, 1, length(?)) = ? ORDER BY name')
        .all(prefix, prefix);
      return (rows as { name: string; created_ms: number; retention_days: number | null }[]).map((row) => ({
        name: row.name,
        createdMs: row.created_ms,
        retentionDays: row.retention_days,
      }));
    },
    streams(
      groupName: string,
      prefix = '',
    ): { name: string; createdMs: number; firstMs: number | null; lastMs: number | null }[] {
      requireGroup(groupName);
      flush();
      const rows = db
        .prepare(
          `SELECT name, created_ms,
             (SELECT MIN(timestamp_ms) FROM events WHERE events.grp = streams.grp AND stream = streams.name) AS first_ms,
             (SELECT MAX(timestamp_ms) FROM events WHERE events.grp = streams.grp AND stream = streams.name) AS last_ms
           FROM streams WHERE grp = ? AND substr(name, 1, length(?)) = ? ORDER BY name`,
        )
        .all(groupName, prefix, prefix);
      return (rows as { name: string; created_ms: number; first_ms: number | null; last_ms: number | null }[]).map(
        (row) => ({
          name: row.name,
          createdMs: row.created_ms,
          firstMs: row.first_ms,
          lastMs: row.last_ms,
        }),
      );
    },

    close(): void {
      flush();
      db.close();
    },
  };
}

interface EventRow {
  id: number;
  stream: string;
  timestamp_ms: number;
  ingested_ms: number;
  message: string;
}

const toEvent = (row: EventRow): StoredEvent => ({
  id: row.id,
  stream: row.stream,
  timestampMs: row.timestamp_ms,
  ingestedMs: row.ingested_ms,
  message: row.message,
});

function whereOf({ group, streams, streamPrefix, startMs, endMs }: EventFilter): {
  clause: string;
  values: SQLInputValue[];
} {
  const parts: [string, SQLInputValue[]][] = [['grp = ?', [group]]];
  if (streams) parts.push([`stream IN (${streams.map(() => '?').join(', ')})`, streams]);
  if (streamPrefix !== undefined) parts.push(['substr(stream, 1, length(?)) = ?', [streamPrefix, streamPrefix]]);
  if (startMs !== undefined) parts.push(['timestamp_ms >= ?', [startMs]]);
  if (endMs !== undefined) parts.push(['timestamp_ms < ?', [endMs]]);
  return { clause: parts.map(([text]) => text).join(' AND '), values: parts.flatMap(([, values]) => values) };
}

function parseToken(token: string): [number, number] {
  const match = /^(-?\d+)\.(-?\d+)$/.exec(token);
  if (!match) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return [Number(match[1]), Number(match[2])];
}
