/** Answers with what `read` gives as JSON; null is a 404 that names what is missing. Faults keep their sentence. */
export async function answer<T>(missing: string, read: () => Promise<T | null>): Promise<Response> {
  try {
    const value = await read();
    return value === null ? Response.json({ error: missing }, { status: 404 }) : Response.json(value);
  } catch (error) {
    return fault(error);
  }
}

export function fault(error: unknown): Response {
  if (!(error instanceof Error && error.name === 'BackendError')) console.error(error);
  const message = error instanceof Error ? error.message : 'Something went wrong on the server.';
  return Response.json({ error: message }, { status: 500 });
}
