import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type * as z from 'zod';

const kept = new Map<string, { version: string; value: unknown }>();

/**
 * A JSON file of the state folder, read again only when it has changed: another process may write it at any time.
 * @param complaint makes the error for a file that cannot be understood
 * @returns undefined where there is no such file.
 */
export function maybeReadSaved<T extends z.ZodType>(
  file: string,
  schema: T,
  complaint: (cause: unknown) => Error,
): z.output<T> | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return undefined;
  const version = `${stat.mtimeMs} ${stat.ino} ${stat.size}`;
  const known = kept.get(file);
  if (known?.version === version) return known.value as z.output<T>;
  try {
    const value = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    kept.set(file, { version, value });
    return value;
  } catch (cause) {
    throw complaint(cause);
  }
}

/** Writes such a file whole or not at all, for its owner's eyes only. */
export function writeSaved(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
