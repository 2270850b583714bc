import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** A step of set-up or test that ended with a non-zero exit code; its output is part of the message. */
export class StepFailed extends Error {
  override name = 'StepFailed';
}

/**
 * Runs one program of the checkout to its end, showing its output only if it fails.
 * @returns what it wrote to stdout; throws StepFailed with the last 80 lines of its output otherwise.
 */
export async function run(
  title: string,
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0)
    throw new StepFailed(`${title} failed (exit ${code}):\n${all.trimEnd().split('\n').slice(-80).join('\n')}`);
  return stdout;
}

/** Runs a package's own command with this Node, e.g. `bin('next', 'dist/bin/next')`. */
export function bin(packageName: string, file: string): string {
  return path.join(root, 'node_modules', packageName, file);
}

/**
 * Does `work` unless the files named by `patterns` are what they were when it was last done.
 * @param stampFile where the fingerprint is kept; it goes with what `work` makes.
 */
export async function unlessUpToDate(stampFile: string, patterns: string[], work: () => Promise<void>): Promise<void> {
  const hash = createHash('sha256').update(process.version);
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) files.push(file);
  for (const file of files.sort()) {
    if (/\.test\.tsx?$|(^|\/)generated\//.test(file)) continue;
    hash.update(file).update(readFileSync(path.join(root, file)));
  }
  const wanted = hash.digest('hex');
  const stamp = path.join(root, stampFile);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await work();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
