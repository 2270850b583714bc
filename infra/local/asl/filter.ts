import type { Json } from './types.ts';

type Holds = (item: Json) => boolean;
type Operand = (item: Json) => Json | undefined;

/** Most conditions in one filter: deeper nesting is a mistake, and must not exhaust the stack. */
const MAX_DEPTH = 50;

/**
 * The filter `[?( … )]` that begins at `at`, if one does: comparisons of `@.paths` and literals, `!`, `&&`, `||`,
 * parentheses. A path alone asks whether there is something.
 */
export function filterOf(path: string, at: number): { holds: Holds; end: number } | undefined {
  const head = /\[\s*\?\s*\(/y;
  head.lastIndex = at;
  if (!head.test(path)) return undefined;
  const reader = { text: path, at: head.lastIndex, depth: 0 };
  const holds = any(reader);
  const tail = /\s*\)\s*\]/y;
  tail.lastIndex = reader.at;
  return holds && tail.test(path) ? { holds, end: tail.lastIndex } : undefined;
}

interface Reader {
  text: string;
  at: number;
  depth: number;
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (!match) return undefined;
  reader.at = pattern.lastIndex;
  return match;
}

function any(reader: Reader): Holds | undefined {
  return joined(reader, /\s*\|\|/y, all, (parts) => (item) => parts.some((holds) => holds(item)));
}

function all(reader: Reader): Holds | undefined {
  return joined(reader, /\s*&&/y, term, (parts) => (item) => parts.every((holds) => holds(item)));
}

function joined(
  reader: Reader,
  by: RegExp,
  part: (reader: Reader) => Holds | undefined,
  join: (parts: Holds[]) => Holds,
): Holds | undefined {
  const parts: Holds[] = [];
  do {
    const holds = part(reader);
    if (!holds) return undefined;
    parts.push(holds);
  } while (take(reader, by));
  return parts.length === 1 ? parts[0] : join(parts);
}

function term(reader: Reader): Holds | undefined {
  if (reader.depth >= MAX_DEPTH) return undefined;
  reader.depth += 1;
  try {
    if (take(reader, /\s*!(?!=)/y)) {
      const holds = term(reader);
      return holds && ((item) => !holds(item));
    }
    if (take(reader, /\s*\(/y)) {
      const holds = any(reader);
      return holds && take(reader, /\s*\)/y) ? holds : undefined;
    }
    return comparison(reader);
  } finally {
    reader.depth -= 1;
  }
}

function comparison(reader: Reader): Holds | undefined {
  const left = operand(reader);
  if (!left) return undefined;
  const operator = take(reader, /\s*(==|!=|<=|>=|<|>)/y)?.[1];
  if (operator === undefined) return (item) => left(item) !== undefined;
  const right = operand(reader);
  return right && ((item) => compares(operator, left(item), right(item)));
}

function compares(operator: string, a: Json | undefined, b: Json | undefined): boolean {
  if (operator === '==') return JSON.stringify(a) === JSON.stringify(b);
  if (operator === '!=') return JSON.stringify(a) !== JSON.stringify(b);
  if (!((typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')))
    return false;
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

function operand(reader: Reader): Operand | undefined {
  const path = take(reader, /\s*@((?:\.[\p{ID_Continue}-]+|\['[^']*'\]|\["[^"]*"\]|\[-?\d+\])*)/uy);
  if (path) {
    const keys = [...(path[1] as string).matchAll(/\.([^.[]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(-?\d+)\]/g)].map(
      ([, name, single, double, index]) => (index === undefined ? (name ?? single ?? double ?? '') : Number(index)),
    );
    return (item) => keys.reduce<Json | undefined>(at, item);
  }
  const literal = take(
    reader,
    /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y,
  );
  if (!literal) return undefined;
  const [, single, double, bare] = literal;
  const value = bare === undefined ? (single ?? double ?? '').replace(/\\(.)/g, '$1') : (JSON.parse(bare) as Json);
  return () => value;
}

function at(value: Json | undefined, key: string | number): Json | undefined {
  if (typeof key === 'number') return Array.isArray(value) ? value.at(key) : undefined;
  return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, key)
    ? value[key]
    : undefined;
}
