'use server';

import type { BackendInBrief } from '@/components/shell/backend-status.tsx';
import { getBackend } from '@/lib/server/backend.ts';

/** The services in use, for the rail. */
export async function readBackend(): Promise<BackendInBrief> {
  const { kind, label, reachable, problem } = await getBackend();
  return { kind, label, reachable, problem };
}
