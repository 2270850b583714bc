import { createHash } from 'node:crypto';
import { maybeResolve, preview, type Scope } from './path.ts';
import { seededRandom } from './seeded-random.ts';
import { InterpreterError, type Json } from './types.ts';

/** What the functions of both languages need from outside: chance, and patience. */
export interface IntrinsicEffects {
  /** 0 ≤ x < 1 */
  random(): number;
  uuid(): string;
  /** What matches the regular expressions of JSONata. The runtime's gives up after a while, the engine's never does. */
  RegExp?: RegExpConstructor;
}

type Intrinsic = (args: Json[], effects: IntrinsicEffects) => Json;

const MAX_RANGE = 1000;
const MAX_TEXT = 10_000;

/** The intrinsic functions of the States Language. Source: Step Functions Developer Guide, "Intrinsic functions". */
const functions: Record<string, Intrinsic> = {
  Format(args) {
    let next = 1;
    const template = text(args[0], 'States.Format');
    const filled = template.replace(/\\([\\{}'])|\{\}/g, (_, escaped?: string) => {
      if (escaped !== undefined) return escaped;
      if (next >= args.length) throw failure('States.Format', 'there are more {} than arguments');
      const value = args[next++] as Json;
      return typeof value === 'string' ? value : JSON.stringify(value);
    });
    if (next < args.length) throw failure('States.Format', 'there are more arguments than {}');
    return filled;
  },
  StringToJson([value]) {
    const source = text(value, 'States.StringToJson');
    if (source.trim() === '') return null;
    try {
      return JSON.parse(source) as Json;
    } catch {
      throw failure('States.StringToJson', 'the argument is no JSON');
    }
  },
  JsonToString: ([value]) => JSON.stringify(value),
  Array: (args) => args,
  ArrayPartition([value, size]) {
    const [items, step] = [list(value, 'States.ArrayPartition'), Math.round(number(size, 'States.ArrayPartition'))];
    if (step <= 0) throw failure('States.ArrayPartition', 'the chunk size must be above 0');
    return Array.from({ length: Math.ceil(items.length / step) }, (_, index) =>
      items.slice(index * step, (index + 1) * step),
    );
  },
  ArrayContains: ([value, wanted]) => list(value, 'States.ArrayContains').some((item) => same(item, wanted as Json)),
  ArrayRange([from, to, by]) {
    const [start, end, step] = [from, to, by].map((each) => Math.round(number(each, 'States.ArrayRange'))) as [
      number,
      number,
      number,
    ];
    if (step === 0) throw failure('States.ArrayRange', 'the step must not be 0');
    const length = Math.max(0, Math.floor((end - start) / step) + 1);
    if (length > MAX_RANGE) throw failure('States.ArrayRange', `the array would have more than ${MAX_RANGE} items`);
    return Array.from({ length }, (_, index) => start + index * step);
  },
  ArrayGetItem([value, at]) {
    const item = list(value, 'States.ArrayGetItem')[number(at, 'States.ArrayGetItem')];
    if (item === undefined) throw failure('States.ArrayGetItem', 'the index is outside the array');
    return item;
  },
  ArrayLength: ([value]) => list(value, 'States.ArrayLength').length,
  ArrayUnique: ([value]) =>
    list(value, 'States.ArrayUnique').filter(
      (item, index, all) => all.findIndex((other) => same(item, other)) === index,
    ),
  Base64Encode: ([value]) => Buffer.from(limited(text(value, 'States.Base64Encode'))).toString('base64'),
  Base64Decode: ([value]) => Buffer.from(limited(text(value, 'States.Base64Decode')), 'base64').toString(),
  Hash([value, algorithm]) {
    const name = text(algorithm, 'States.Hash');
    const known: Record<string, string> = {
      MD5: 'md5',
      'SHA-1': 'sha1',
      'SHA-256': 'sha256',
      'SHA-384': 'sha384',
      'SHA-512': 'sha512',
    };
    if (!known[name]) throw failure('States.Hash', `unknown algorithm ${name}`);
    return createHash(known[name])
      .update(typeof value === 'string' ? value : JSON.stringify(value))
      .digest('hex');
  },
  JsonMerge([first, second, deep]) {
    if (deep !== false)
      throw failure('States.JsonMerge', 'only a shallow merge (false) is supported by Step Functions');
    return { ...object(first, 'States.JsonMerge'), ...object(second, 'States.JsonMerge') };
  },
  MathRandom([from, to, seed], { random }) {
    const [start, end] = [from, to].map((each) => Math.round(number(each, 'States.MathRandom'))) as [number, number];
    const chance = seed === undefined ? random() : seededRandom(Math.round(number(seed, 'States.MathRandom')));
    return Math.floor(chance * (end - start)) + start;
  },
  MathAdd: ([a, b]) => Math.round(number(a, 'States.MathAdd')) + Math.round(number(b, 'States.MathAdd')),
  StringSplit([value, separators]) {
    const [source, characters] = [text(value, 'States.StringSplit'), text(separators, 'States.StringSplit')];
    const parts: string[] = [];
    let part = '';
    for (const character of source) {
      if (!characters.includes(character)) part += character;
      else {
        if (part) parts.push(part);
        part = '';
      }
    }
    return part ? [...parts, part] : parts;
  },
  UUID: (_, { uuid }) => uuid(),
};

type Evaluate = (scope: Scope, effects: IntrinsicEffects) => Json;

const compiled = new Map<string, Evaluate>();
const MOST_COMPILED = 10_000;
/** Source: Developer Guide, "Intrinsic functions". */
const MAX_NESTING = 10;

/** Evaluates `States.Name(arg, …)`; arguments are paths, numbers, 'strings', true, false, null or further functions. */
export function evaluateIntrinsic(source: string, scope: Scope, effects: IntrinsicEffects): Json {
  let evaluate = compiled.get(source);
  if (!evaluate) {
    const [parsed, end] = call(source, 0, 1);
    if (source.slice(end).trim() !== '') throw failure(source, 'unexpected text behind the function');
    evaluate = parsed;
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    compiled.set(source, evaluate);
  }
  return evaluate(scope, effects);
}

function call(source: string, from: number, depth: number): [Evaluate, number] {
  if (depth > MAX_NESTING) throw failure(source, `more than ${MAX_NESTING} functions are nested`);
  const head = /\s*States\.(\w+)\s*\(/y;
  head.lastIndex = from;
  const name = head.exec(source)?.[1];
  const intrinsic = name === undefined || !Object.hasOwn(functions, name) ? undefined : functions[name];
  if (!intrinsic) throw failure(source, `unknown intrinsic function at position ${from}`);
  const args: Evaluate[] = [];
  let at = skip(source, head.lastIndex);
  while (source[at] !== ')') {
    const [value, end] = argument(source, at, depth);
    args.push(value);
    at = skip(source, end);
    if (source[at] === ',') at = skip(source, at + 1);
    else if (source[at] !== ')') throw failure(source, `expected , or ) at position ${at}`);
  }
  const text = source.slice(from, at + 1).trim();
  return [
    (scope, effects) => {
      const values = args.map((evaluate) => evaluate(scope, effects));
      try {
        return intrinsic(values, effects);
      } catch (error) {
        if (error instanceof RangeError) throw failure(text, 'the result is too large');
        throw error;
      }
    },
    at + 1,
  ];
}

function argument(source: string, at: number, depth: number): [Evaluate, number] {
  if (source.startsWith('States.', at)) return call(source, at, depth + 1);
  if (source[at] === "'") {
    const string = /'((?:[^'\\]|\\.)*)'/sy;
    string.lastIndex = at;
    const match = string.exec(source);
    if (!match) throw failure(source, 'a string has no end');
    // Only the quote is taken off here: \{ \} and \\ belong to States.Format.
    const value = (match[1] as string).replace(/\\'/g, "'");
    return [() => value, string.lastIndex];
  }
  if (source[at] === '$') {
    const end = endOfPath(source, at);
    const path = source.slice(at, end);
    return [(scope) => found(path, source, scope), end];
  }
  const literal = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
  literal.lastIndex = at;
  const match = literal.exec(source);
  if (!match) throw failure(source, `unexpected argument at position ${at}`);
  const value = JSON.parse(match[0]) as Json;
  return [() => value, literal.lastIndex];
}

/** A path ends at a comma, a parenthesis or a space that is not inside its brackets. */
function endOfPath(source: string, from: number): number {
  let depth = 0;
  let quote = '';
  for (let at = from; at < source.length; at++) {
    const character = source[at] as string;
    if (quote) {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (depth > 0 && (character === "'" || character === '"')) quote = character;
    else if (character === '[') depth++;
    else if (character === ']') depth--;
    else if (depth === 0 && /[,)\s]/.test(character)) return at;
  }
  return source.length;
}

function found(path: string, source: string, scope: Scope): Json {
  const value = maybeResolve(path, scope);
  if (value === undefined)
    throw new InterpreterError(
      'States.Runtime',
      `The function '${source}' had the following error: The JsonPath argument for the field '${path}' could not be found in the input '${preview(path.startsWith('$$') ? scope.context : scope.input)}'`,
    );
  return value;
}

const skip = (source: string, at: number) => at + (/^\s*/.exec(source.slice(at))?.[0].length ?? 0);
const failure = (where: string, why: string) => new InterpreterError('States.IntrinsicFailure', `${where}: ${why}`);

/** Equality of JSON values: the order of keys does not matter. */
function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => same(item, b[index] as Json))
    );
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key] as Json, b[key] as Json))
  );
}

function text(value: Json | undefined, where: string): string {
  if (typeof value !== 'string') throw failure(where, 'expected a string');
  return value;
}
function limited(value: string): string {
  if (value.length > MAX_TEXT) throw failure('States.Base64', `at most ${MAX_TEXT} characters`);
  return value;
}
function number(value: Json | undefined, where: string): number {
  if (typeof value !== 'number') throw failure(where, 'expected a number');
  return value;
}
function list(value: Json | undefined, where: string): Json[] {
  if (!Array.isArray(value)) throw failure(where, 'expected an array');
  return value;
}
function object(value: Json | undefined, where: string): { [key: string]: Json } {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw failure(where, 'expected an object');
  return value;
}
