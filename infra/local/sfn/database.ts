import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type Database = ReturnType<typeof openDatabase>;

/** Under load a transaction waits this long for company, ms: its fixed cost is that of some ten rows. */
const GATHER_MS = 2;

/** Columns that journals of before did not have. */
const LATER_COLUMNS = [
  ['executions', 'at_variables', 'TEXT'],
  // Of a child: the attempt of its map run in which it ran last, its own redrives, and where it failed (JSON).
  ['children', 'attempt', 'INTEGER NOT NULL DEFAULT 0'],
  ['children', 'redrive_count', 'INTEGER NOT NULL DEFAULT 0'],
  ['children', 'at', 'TEXT'],
  ['map_runs', 'redrive_ms', 'INTEGER'],
  // What the attempts before wrote: {attempt, files} (JSON).
  ['map_runs', 'written', 'TEXT'],
] as const;

/**
 * The journal: every acknowledged transition is a row. Writes that come together share a transaction (group commit);
 * `write` resolves once it is committed. A killed process loses nothing that was acknowledged.
 */
export function openDatabase(dir: string) {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(path.join(dir, 'states.db'));
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -32000;
    CREATE TABLE IF NOT EXISTS machines (
      arn TEXT PRIMARY KEY, name TEXT NOT NULL, definition TEXT NOT NULL, role TEXT NOT NULL, revision TEXT NOT NULL,
      created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS executions (
      arn TEXT PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, input TEXT NOT NULL, status TEXT NOT NULL,
      start_ms INTEGER NOT NULL, stop_ms INTEGER, output TEXT, error TEXT, cause TEXT,
      at_state TEXT, at_input TEXT, last_event INTEGER NOT NULL DEFAULT 0, previous_event INTEGER NOT NULL DEFAULT 0,
      redrive_count INTEGER NOT NULL DEFAULT 0, redrive_ms INTEGER) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine, start_ms);
    CREATE TABLE IF NOT EXISTS events (
      execution TEXT NOT NULL, id INTEGER NOT NULL, previous INTEGER NOT NULL, time_ms INTEGER NOT NULL, type TEXT NOT NULL, details TEXT,
      PRIMARY KEY (execution, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS map_runs (
      arn TEXT PRIMARY KEY, execution TEXT NOT NULL, state TEXT NOT NULL, child_machine TEXT NOT NULL, status TEXT NOT NULL,
      start_ms INTEGER NOT NULL, stop_ms INTEGER, max_concurrency INTEGER NOT NULL, tolerated_count INTEGER NOT NULL,
      tolerated_percentage REAL NOT NULL, total INTEGER, items INTEGER, redrive_count INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS map_runs_by_execution ON map_runs (execution, start_ms);
    CREATE TABLE IF NOT EXISTS chunks (map_run TEXT NOT NULL, first INTEGER NOT NULL, inputs TEXT NOT NULL, PRIMARY KEY (map_run, first)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS children (
      map_run TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, items INTEGER NOT NULL, start_ms INTEGER NOT NULL,
      stop_ms INTEGER, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT, events TEXT, PRIMARY KEY (map_run, number)) WITHOUT ROWID;
  `);
  for (const [table, column, type] of LATER_COLUMNS)
    if (!db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, column))
      db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
  // Holds all that lists and counts ask, so that they do not read the children's inputs, outputs and events.
  db.exec(`
    DROP INDEX IF EXISTS children_by_time;
    CREATE INDEX IF NOT EXISTS children_in_order ON children (map_run, start_ms, number, status, items, attempt, redrive_count);
  `);
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    let found = prepared.get(sql);
    if (!found) {
      found = db.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  };

  type Value = string | number | null;
  let waiting: { sql: string; values: Value[] }[] = [];
  let committed: Promise<void> | undefined;
  let lastCommitMs = 0;
  const commit = () => {
    committed = undefined;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    db.exec('BEGIN IMMEDIATE');
    try {
      for (const { sql, values } of batch) statement(sql).run(...values);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    } finally {
      lastCommitMs = performance.now();
    }
  };
  /** At once, unless the last commit was just now. */
  const soon = (work: () => void) => {
    if (performance.now() - lastCommitMs < GATHER_MS) setTimeout(work, GATHER_MS);
    else setImmediate(work);
  };

  return {
    /** Queues a write. @returns a promise of its commit. */
    write(sql: string, ...values: Value[]): Promise<void> {
      waiting.push({ sql, values });
      committed ??= new Promise<void>((resolve, reject) =>
        soon(() => {
          try {
            commit();
            resolve();
          } catch (error) {
            reject(error);
          }
        }),
      );
      return committed;
    },
    /** Rows as they are, with what is queued. */
    all<T>(sql: string, ...values: Value[]): T[] {
      commit();
      return statement(sql).all(...values) as T[];
    },
    maybe<T>(sql: string, ...values: Value[]): T | undefined {
      commit();
      return statement(sql).get(...values) as T | undefined;
    },
    close(): void {
      commit();
      db.close();
    },
  };
}
