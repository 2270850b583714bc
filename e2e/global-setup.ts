import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startStarmap } from './stack.ts';
import { starmap } from './starmap.ts';

/** Starts a whole Starmap of its own and makes two small datasets with the CLI. @returns the teardown. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const home = mkdtempSync(path.join(tmpdir(), 'starmap-e2e-'));
  process.env.STARMAP_HOME = home;
  const stack = await startStarmap(process.env);
  process.env.STARMAP_E2E_URL = stack.url;
  await starmap('dataset', '--size', '40MB', '--partition', '1MB', '--out', 's3://starmap/datasets/e2e-1MB', '--json');
  await starmap('dataset', '--size', '8MB', '--partition', '2MB', '--out', 's3://starmap/datasets/e2e-2MB', '--json');
  return async () => {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  };
}
