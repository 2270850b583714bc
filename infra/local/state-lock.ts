import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A process that is just ending has this long to let go, ms. */
const PATIENCE_MS = 1000;

/**
 * Keeps a second runtime off the state folder, which would run every execution again: a lock of SQLite, which the
 * operating system lifts however the process ends.
 * @returns what lets go of it, or undefined where another process holds it.
 */
export function lockState(dir: string): (() => void) | undefined {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(path.join(dir, 'lock.db'));
  db.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch {
    db.close();
    return undefined;
  }
  return () => db.close();
}
