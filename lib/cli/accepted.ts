import type { ActionResult } from '../domain/action-result.ts';
import { UserError } from './user-error.ts';

/** The value of a use case, or a UserError that lists its message and each field's. */
export function accepted<T>(result: ActionResult<T>): T {
  if (result.ok) return result.value;
  const fields = Object.entries(result.fieldErrors)
    .filter(([, message]) => !result.message.includes(message))
    .map(([field, message]) => `  ${field}: ${message}`);
  throw new UserError([result.message, ...fields].join('\n'));
}
