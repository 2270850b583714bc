import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs one CLI command against the stack under test. @returns the object it printed with `--json`. */
export async function starmap(...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['lib/cli/main.ts', ...args], {
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
}
