import { evaluateIntrinsic, type IntrinsicEffects } from './intrinsics.ts';
import { isPath, resolve, type Scope } from './path.ts';
import { type Json, StatesError } from './types.ts';

/** Fills a payload template: a key that ends in `.$` holds a path or an intrinsic function, all else is literal. */
export function fill(template: Json, scope: Scope, effects: IntrinsicEffects): Json {
  if (Array.isArray(template)) return template.map((each) => fill(each, scope, effects));
  if (template === null || typeof template !== 'object') return template;
  const filled: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(template)) {
    if (key.endsWith('.$')) filled[key.slice(0, -2)] = evaluate(String(value), scope, effects);
    else filled[key] = fill(value, scope, effects);
  }
  return filled;
}

/** A path (`$.x`, `$$.Execution.Id`) or an intrinsic function (`States.Format(…)`). */
export function evaluate(text: string, scope: Scope, effects: IntrinsicEffects): Json {
  if (isPath(text)) return resolve(text, scope);
  if (text.startsWith('States.')) return evaluateIntrinsic(text, scope, effects);
  throw new StatesError('States.Runtime', `The value '${text}' must be a JSONPath or an intrinsic function`);
}
