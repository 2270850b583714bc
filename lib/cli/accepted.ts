import type { ActionResult } from '../domain/action-result.ts';
import { UserError } from './user-error.ts';

/**
 * The value of a use case, or a UserError that lists its message and each field's.
 * @param options how the command calls the fields, where that is not their own name
 */
export function accepted<T>(result: ActionResult<T>, options: Record<string, string> = {}): T {
  if (result.ok) return result.value;
  const fields = Object.entries(result.fieldErrors)
    .filter(([, message]) => !result.message.includes(message))
    .map(([field, message]) => `  ${options[field] ?? field}: ${message}`);
  throw new UserError([result.message, ...fields].join('\n'));
}
