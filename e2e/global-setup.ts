import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { starmap } from './starmap.ts';

/**
 * Starts a whole Starmap of its own (state in a temporary folder, free ports) as `npm start` would, and makes two small
 * datasets with the CLI. @returns the teardown.
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const home = mkdtempSync(path.join(tmpdir(), 'starmap-e2e-'));
  Object.assign(process.env, { STARMAP_HOME: home, STARMAP_PORT: '0', STARMAP_RUNTIME_PORT: '0' });
  const stack = spawn(process.execPath, ['lib/cli/main.ts', 'start', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    stack.once('exit', (code) => reject(new Error(`starmap start ended with ${code}`)));
    createInterface({ input: stack.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  process.env.STARMAP_E2E_URL = url;
  await starmap('dataset', '--size', '40MB', '--partition', '1MB', '--out', 's3://starmap/datasets/e2e-1MB', '--json');
  await starmap('dataset', '--size', '8MB', '--partition', '2MB', '--out', 's3://starmap/datasets/e2e-2MB', '--json');
  return async () => {
    const gone = new Promise((resolve) => stack.once('exit', resolve));
    stack.kill('SIGTERM');
    await gone;
    rmSync(home, { recursive: true, force: true });
  };
}
