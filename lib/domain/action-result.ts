/** Expected failure is a value: message for the top of the form, one message per field (dotted path). */
export type ActionResult<T> =
  | { ok: true; value: T }
  | { ok: false; message: string; fieldErrors: Record<string, string> };

/** Where an action could not be asked at all. */
export const NO_ANSWER = 'The server did not answer. Check that Starmap runs, then try again.';
