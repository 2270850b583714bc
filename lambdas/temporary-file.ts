import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A place for a file that nobody else writes to: in a folder of its own, which goes with it. */
export interface TemporaryFile {
  path: string;
  remove(): void;
}

/** @param name that the file shall have. */
export function makeTemporaryFile(name: string): TemporaryFile {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-'));
  return { path: path.join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
