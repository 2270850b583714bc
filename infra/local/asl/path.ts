import { type Json, StatesError } from './types.ts';

type Step =
  | { kind: 'name'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'slice'; from?: number; to?: number; by: number }
  | { kind: 'descend'; name: string | null };

/** What paths and templates can see: `$` and, behind `$$`, the context object. */
export interface Scope {
  input: Json;
  context: Json;
}

const parsed = new Map<string, Step[]>();

/**
 * The value that a path points at. `$$…` reads the context object.
 * @throws StatesError States.ParameterPathFailure where the path is definite and there is nothing.
 */
export function resolve(path: string, scope: Scope): Json {
  const found = maybeResolve(path, scope);
  if (found === undefined)
    throw new StatesError(
      'States.ParameterPathFailure',
      `The JSONPath '${path}' could not be found in the input '${preview(path.startsWith('$$') ? scope.context : scope.input)}'`,
    );
  return found;
}

/** Like resolve, but undefined where there is nothing. A path with a wildcard gives the list of all it matches. */
export function maybeResolve(path: string, scope: Scope): Json | undefined {
  const context = path.startsWith('$$');
  const root = context ? scope.context : scope.input;
  const steps = stepsOf(context ? path.slice(1) : path);
  if (steps.every((step) => step.kind === 'name' || step.kind === 'index')) {
    return steps.reduce<Json | undefined>((at, step) => (at === undefined ? undefined : one(at, step)), root);
  }
  return steps.reduce<Json[]>((values, step) => values.flatMap((value) => many(value, step)), [root]);
}

/** A copy of `target` with `value` at a reference path: what ResultPath does. Missing objects on the way are made. */
export function place(path: string, target: Json, value: Json): Json {
  const steps = stepsOf(path);
  return put(target, steps, value, path);
}

/** True for text that the States Language takes for a path. */
export const isPath = (text: string) => text.startsWith('$');

function put(target: Json, steps: Step[], value: Json, path: string): Json {
  const [step, ...rest] = steps;
  if (!step) return value;
  if (step.kind === 'name') {
    if (target !== null && (typeof target !== 'object' || Array.isArray(target))) throw unmatched(path, target);
    const at = (target ?? {}) as { [key: string]: Json };
    return { ...at, [step.name]: put(at[step.name] ?? {}, rest, value, path) };
  }
  if (step.kind === 'index' && Array.isArray(target) && step.index < target.length)
    return target.with(step.index, put(target[step.index] ?? null, rest, value, path));
  throw unmatched(path, target);
}

const unmatched = (path: string, target: Json) =>
  new StatesError('States.ResultPathMatchFailure', `Unable to apply ReferencePath ${path} to input ${preview(target)}`);

function one(value: Json, step: Step): Json | undefined {
  if (step.kind === 'name')
    return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, step.name)
      ? value[step.name]
      : undefined;
  if (step.kind === 'index' && Array.isArray(value)) return value.at(step.index);
  return undefined;
}

function many(value: Json, step: Step): Json[] {
  if (step.kind === 'all') return childrenOf(value);
  if (step.kind === 'slice')
    return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.by === 0) : [];
  if (step.kind === 'descend') {
    const here =
      step.name === null
        ? childrenOf(value)
        : [one(value, { kind: 'name', name: step.name })].filter((found) => found !== undefined);
    return [...here, ...childrenOf(value).flatMap((child) => many(child, step))];
  }
  const found = one(value, step);
  return found === undefined ? [] : [found];
}

function childrenOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return value !== null && typeof value === 'object' ? Object.values(value) : [];
}

function stepsOf(path: string): Step[] {
  let steps = parsed.get(path);
  if (!steps) {
    steps = parse(path);
    parsed.set(path, steps);
  }
  return steps;
}

/** `$.a['b c'][0][*].d[1:3]..e`; filter expressions are not covered (see not-covered.ts). */
function parse(path: string): Step[] {
  if (!path.startsWith('$')) throw invalid(path);
  const steps: Step[] = [];
  const token =
    /\.\.(\*|[^.[\]]+)|\.(\*|[^.[\]]+)|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*)|(-?\d*):(-?\d*)(?::(\d+))?)\]/y;
  token.lastIndex = 1;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (!match) throw invalid(path);
    const [, descend, name, single, double, index, all, from, to, by] = match;
    if (descend !== undefined) steps.push({ kind: 'descend', name: descend === '*' ? null : descend });
    else if (name === '*' || all !== undefined) steps.push({ kind: 'all' });
    else if (name !== undefined) steps.push({ kind: 'name', name });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (from !== undefined)
      steps.push({
        kind: 'slice',
        ...(from ? { from: Number(from) } : {}),
        ...(to ? { to: Number(to) } : {}),
        by: Number(by ?? 1),
      });
    else steps.push({ kind: 'name', name: (single ?? double ?? '').replace(/\\(.)/g, '$1') });
  }
  return steps;
}

const invalid = (path: string) => new StatesError('States.Runtime', `Invalid path '${path}'`);

function preview(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
