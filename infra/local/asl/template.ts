import { evaluateIntrinsic, type IntrinsicEffects } from './intrinsics.ts';
import { isPath, resolve, type Scope } from './path.ts';
import { InterpreterError, type Json } from './types.ts';

type Fill = (scope: Scope, effects: IntrinsicEffects) => Json;

/** Templates are parts of a definition, so each is read once, however many children use it. */
const compiled = new WeakMap<object, Fill>();

/** Fills a payload template: a key that ends in `.$` holds a path or an intrinsic function, all else is literal. */
export function fill(template: Json, scope: Scope, effects: IntrinsicEffects): Json {
  if (template === null || typeof template !== 'object') return template;
  let filled = compiled.get(template);
  if (!filled) {
    filled = compile(template);
    compiled.set(template, filled);
  }
  return filled(scope, effects);
}

/** A path (`$.x`, `$$.Execution.Id`, `$name`) or an intrinsic function (`States.Format(…)`). */
export function evaluate(text: string, scope: Scope, effects: IntrinsicEffects, field?: string): Json {
  if (isPath(text)) return resolve(text, scope, field);
  if (text.startsWith('States.')) return evaluateIntrinsic(text, scope, effects);
  throw new InterpreterError('States.Runtime', `The value '${text}' must be a JSONPath or an intrinsic function`);
}

function compile(template: Json): Fill {
  if (isLiteral(template)) return () => template;
  if (Array.isArray(template)) {
    const items = template.map(compile);
    return (scope, effects) => items.map((item) => item(scope, effects));
  }
  const entries = Object.entries(template as { [key: string]: Json }).map(([key, value]): [string, Fill] =>
    key.endsWith('.$')
      ? [key.slice(0, -2), (scope, effects) => evaluate(String(value), scope, effects, key)]
      : [key, compile(value)],
  );
  return (scope, effects) => {
    const filled: { [key: string]: Json } = {};
    for (const [key, value] of entries) {
      if (key === '__proto__') Object.defineProperty(filled, key, ownKey(value(scope, effects)));
      else filled[key] = value(scope, effects);
    }
    return filled;
  };
}

function isLiteral(template: Json): boolean {
  if (template === null || typeof template !== 'object') return true;
  if (Array.isArray(template)) return template.every(isLiteral);
  return Object.entries(template).every(([key, value]) => !key.endsWith('.$') && isLiteral(value));
}

const ownKey = (value: Json) => ({ value, enumerable: true, writable: true, configurable: true });

/** Marks a value as one that `fill` leaves as it is, whatever its keys. @returns the value. */
export function literally(value: Json): Json {
  if (value !== null && typeof value === 'object') compiled.set(value, () => value);
  return value;
}
