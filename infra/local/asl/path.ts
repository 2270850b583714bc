import { filterOf } from './filter.ts';
import { InterpreterError, type Json } from './types.ts';
import type { Variables } from './variables.ts';

type Step =
  | { kind: 'name'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'names'; names: string[] }
  | { kind: 'indexes'; indexes: number[] }
  | { kind: 'slice'; from?: number; to?: number; by: number }
  | { kind: 'filter'; holds: (item: Json) => boolean }
  | { kind: 'descend' };

/** What paths and templates can see: `$`, behind `$$` the context object, and behind `$name` a variable. */
export interface Scope {
  input: Json;
  context: Json;
  variables?: Variables | undefined;
  /** For JSONata's `$states`: what the state's work gave, or the error that a Catch took. */
  result?: Json | undefined;
  errorOutput?: Json | undefined;
}

interface Path {
  /** `$` the input, `$$` the context object, else the name of a variable. */
  root: string;
  steps: Step[];
  /** Points at one place at most. */
  definite: boolean;
}

const parsed = new Map<string, Path>();
/** Paths kept parsed. Definitions are few; a program that generates them without end must not fill the memory. */
const MOST_PARSED = 10_000;

/**
 * The value that a path points at.
 * @param field the field that holds the path, for the message.
 * @throws InterpreterError where the path is definite and there is nothing.
 */
export function resolve(path: string, scope: Scope, field?: string): Json {
  const found = maybeResolve(path, scope);
  if (found === undefined && /^\$[^$.[]/.test(path) && variable(pathOf(path).root, scope) === undefined)
    throw new InterpreterError('States.Runtime', `The variable of the path '${path}' has not been assigned`);
  if (found === undefined)
    throw new InterpreterError(
      'States.Runtime',
      `The JSONPath '${path}'${field === undefined ? '' : ` specified for the field '${field}'`} could not be found in the input '${preview(path.startsWith('$$') ? scope.context : scope.input)}'`,
    );
  return found;
}

/** Like resolve, but undefined where there is nothing. A path with a wildcard gives the list of all it matches. */
export function maybeResolve(path: string, scope: Scope): Json | undefined {
  const { root, steps, definite } = pathOf(path);
  const start = root === '$' ? scope.input : root === '$$' ? scope.context : variable(root, scope);
  if (definite) {
    let at: Json | undefined = start;
    for (let index = 0; index < steps.length && at !== undefined; index++) at = one(at, steps[index] as Step);
    return at;
  }
  if (start === undefined) return undefined;
  return steps.reduce<Json[]>((values, step) => values.flatMap((value) => many(value, step)), [start]);
}

/** A copy of `target` with `value` at a reference path: what ResultPath does. Missing objects on the way are made. */
export function place(path: string, target: Json, value: Json): Json {
  const { root, steps, definite } = pathOf(path);
  if (root !== '$' || !definite) throw invalid(path);
  return put(target, steps, 0, value, path);
}

/** True for text that the States Language takes for a path. */
export const isPath = (text: string) => text.startsWith('$');

/** The beginning of a value, as messages show it. */
export function preview(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function variable(name: string, { variables }: Scope): Json | undefined {
  return variables && Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function put(target: Json, steps: Step[], depth: number, value: Json, path: string): Json {
  const step = steps[depth];
  if (!step) return value;
  if (step.kind === 'name') {
    if (target !== null && (typeof target !== 'object' || Array.isArray(target))) throw unmatched(path, target);
    const at = (target ?? {}) as { [key: string]: Json };
    const inner = Object.hasOwn(at, step.name) ? (at[step.name] as Json) : {};
    return withKey(at, step.name, put(inner, steps, depth + 1, value, path));
  }
  if (step.kind === 'index' && Array.isArray(target) && step.index >= 0 && step.index < target.length)
    return target.with(step.index, put(target[step.index] ?? null, steps, depth + 1, value, path));
  throw unmatched(path, target);
}

/** A copy with one key set; `__proto__` is a key like any other. */
function withKey(object: { [key: string]: Json }, key: string, value: Json): Json {
  if (key !== '__proto__') return { ...object, [key]: value };
  return Object.defineProperty({ ...object }, key, { value, enumerable: true, writable: true, configurable: true });
}

const unmatched = (path: string, target: Json) =>
  new InterpreterError(
    'States.ResultPathMatchFailure',
    `Unable to apply ReferencePath ${path} to input ${preview(target)}`,
  );

function one(value: Json, step: Step): Json | undefined {
  if (step.kind === 'name')
    return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, step.name)
      ? value[step.name]
      : undefined;
  if (step.kind === 'index' && Array.isArray(value)) return value.at(step.index);
  return undefined;
}

function many(value: Json, step: Step): Json[] {
  switch (step.kind) {
    case 'all':
      return childrenOf(value);
    case 'names':
      return step.names.map((name) => one(value, { kind: 'name', name })).filter((found) => found !== undefined);
    case 'indexes':
      return step.indexes.map((index) => one(value, { kind: 'index', index })).filter((found) => found !== undefined);
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.by === 0) : [];
    case 'filter':
      return (Array.isArray(value) ? value : [value]).filter(step.holds);
    case 'descend':
      return [value, ...childrenOf(value).flatMap((child) => many(child, step))];
    default: {
      const found = one(value, step);
      return found === undefined ? [] : [found];
    }
  }
}

function childrenOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return value !== null && typeof value === 'object' ? Object.values(value) : [];
}

function pathOf(path: string): Path {
  let found = parsed.get(path);
  if (!found) {
    found = parse(path);
    if (parsed.size >= MOST_PARSED) parsed.clear();
    parsed.set(path, found);
  }
  return found;
}

const STEP =
  /\.\.(?=\[)|\.\.(\*|[^.[\]()?@\s]+)|\.(\*|[^.[\]()?@]+)|\[\s*(?:(-?\d*)\s*:\s*(-?\d*)(?:\s*:\s*(\d+))?|(-?\d+(?:\s*,\s*-?\d+)*)|(\*)|((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*))\s*\]/y;

/** `$.a['b c'][0][*].d[1:3]..e[?(@.x > 1)]`, `$$.Execution.Id`, `$variable.a`. Read by Jayway's rules, as AWS does. */
function parse(path: string): Path {
  const head = /^\$(\$|[\p{ID_Start}_][\p{ID_Continue}]*)?/u.exec(path);
  if (!head) throw invalid(path);
  const steps: Step[] = [];
  const root = head[1] ?? '$';
  let at = head[0].length;
  while (at < path.length) {
    const filter = filterOf(path, at);
    if (filter) {
      steps.push({ kind: 'filter', holds: filter.holds });
      at = filter.end;
      continue;
    }
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (!match) throw invalid(path);
    steps.push(...stepsOf(match));
    at = STEP.lastIndex;
  }
  const definite = steps.every((step) => step.kind === 'name' || step.kind === 'index');
  return { root: root === '$' && head[0] === '$$' ? '$$' : root, steps, definite };
}

function stepsOf([text, descend, name, from, to, by, indexes, all, quoted]: RegExpExecArray): Step[] {
  if (text === '..') return [{ kind: 'descend' }];
  if (descend !== undefined)
    return [{ kind: 'descend' }, descend === '*' ? { kind: 'all' } : { kind: 'name', name: descend }];
  if (name === '*' || all !== undefined) return [{ kind: 'all' }];
  if (name !== undefined) return [{ kind: 'name', name }];
  if (indexes !== undefined) {
    const list = indexes.split(',').map(Number);
    return [list.length === 1 ? { kind: 'index', index: list[0] as number } : { kind: 'indexes', indexes: list }];
  }
  if (quoted !== undefined) {
    const names = [...quoted.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map(([, single, double]) =>
      (single ?? double ?? '').replace(/\\(.)/g, '$1'),
    );
    return [names.length === 1 ? { kind: 'name', name: names[0] as string } : { kind: 'names', names }];
  }
  return [
    {
      kind: 'slice',
      ...(from ? { from: Number(from) } : {}),
      ...(to ? { to: Number(to) } : {}),
      by: Math.max(1, Number(by ?? 1)),
    },
  ];
}

const invalid = (path: string) => new InterpreterError('States.Runtime', `Invalid path '${path}'`);
