import { setTimeout as delay } from 'node:timers/promises';
import { countRuns } from '../db/runs.ts';
import { getBackend } from './backend.ts';

export interface Readiness {
  ready: boolean;
  checks: { name: 'database' | 'services'; ok: boolean; problem: string | null }[];
}

/** Longer than this nobody who asks for readiness waits. */
const ANSWER_WITHIN_MS = 4_000;

/** Whether this process can do its work: the database answers, and the services do. */
export async function readiness(): Promise<Readiness> {
  const checks = await Promise.all([
    check('database', async () => {
      await countRuns('RUNNING');
      return null;
    }),
    check('services', async () => (await getBackend()).problem),
  ]);
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function check<Name extends Readiness['checks'][number]['name']>(name: Name, work: () => Promise<string | null>) {
  const late = delay(ANSWER_WITHIN_MS, `no answer within ${ANSWER_WITHIN_MS / 1000} s`, { ref: false });
  const problem = await Promise.race([work(), late]).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  return { name, ok: problem === null, problem };
}
