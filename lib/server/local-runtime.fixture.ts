import { afterAll, beforeAll, vi } from 'vitest';
import { type RuntimeProcess, startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { database } from '../db/database.ts';

/** The tests of the file, and the processes they start, use a local runtime and a database of their own. */
export function withLocalRuntime(): void {
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    runtime = await startRuntimeProcess();
    vi.stubEnv('STARMAP_HOME', runtime.home);
    vi.stubEnv('STARMAP_BACKEND', 'local');
  });
  afterAll(async () => {
    await (await database()).close();
    await runtime.remove();
    vi.unstubAllEnvs();
  });
}
