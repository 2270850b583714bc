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
