import type { ActionResult } from '@/lib/domain/action-result.ts';

/** Errors that a user can act on; their message says how. Everything else is left to the error page. */
const toldToUsers = new Set(['BackendError', 'EnvError', 'DatabaseError']);

/** Reads from the services; that they do not answer or refuse us is a value. */
export async function attempt<T>(read: () => Promise<T>): Promise<{ value: T } | { problem: string }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (error instanceof Error && toldToUsers.has(error.name)) return { problem: error.message };
    throw error;
  }
}

/** For an action: that the services do not answer or refuse us is told like any other problem. */
export async function told<T>(act: () => Promise<ActionResult<T>>): Promise<ActionResult<T>> {
  const done = await attempt(act);
  return 'value' in done ? done.value : { ok: false, message: done.problem, fieldErrors: {} };
}
