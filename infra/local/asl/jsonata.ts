import type jsonata from 'jsonata';
import type { IntrinsicEffects } from './intrinsics.ts';
import { ExpressionError, functionsOf, MEMORY_EXCEEDED } from './jsonata-functions.ts';
import type { Scope } from './path.ts';
import { InterpreterError, type Json } from './types.ts';

/** Bounds of one evaluation, as AWS sets them: a definition cannot hang the process or exhaust it. */
const MAX_EVALUATION_MS = 1000;
const MAX_DEPTH = 100;
const MAX_SEQUENCE = 873_782;
const MAX_VALUE_BYTES = 6_990_256;
const MOST_PARSED = 10_000;

const TIMEOUT = 'Expression evaluation timeout: Check for infinite loop';
const TOO_DEEP = `Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive. Depth=${MAX_DEPTH + 1} max=${MAX_DEPTH}`;

/** Expressions kept parsed, by what matches their regular expressions and by source. */
const parsed = new WeakMap<RegExpConstructor, Map<string, jsonata.Expression>>();
const literals = new WeakSet<object>();
let library: typeof jsonata | undefined;
/** Evaluations take turns: each has the clock to itself, however many executions run. */
let turn: Promise<void> = Promise.resolve();
/** Turns are promises, which keep the program from everything else: after so long they let it look round. */
const LONGEST_RUN_MS = 20;
let runningSinceMs = 0;

export const isExpression = (value: Json | undefined): value is string =>
  typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') && value.length >= 4;

/**
 * A field of a JSONata state with its expressions replaced by what they give.
 * @param field where it stands in the state (`Output`, `Catch[1]/Assign`): names the expression in errors.
 * @throws InterpreterError States.QueryEvaluationError.
 */
export async function render(template: Json, field: string, scope: Scope, effects: IntrinsicEffects): Promise<Json> {
  if (isExpression(template)) return evaluateExpression(template, field, scope, effects);
  if (template === null || typeof template !== 'object' || literals.has(template)) return template;
  if (isLiteral(template)) {
    literals.add(template);
    return template;
  }
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries())
      items.push(await render(item, `${field}[${index}]`, scope, effects));
    return items;
  }
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(template))
    entries.push([key, await render(value, `${field}/${key}`, scope, effects)]);
  return Object.fromEntries(entries);
}

/** A failed evaluation of `field`. */
export const evaluationError = (cause: string, field: string) =>
  new InterpreterError('States.QueryEvaluationError', cause, field);

const isLiteral = (template: Json): boolean =>
  template === null || typeof template !== 'object'
    ? !isExpression(template)
    : (Array.isArray(template) ? template : Object.values(template)).every(isLiteral);

const sourceOf = (text: string) => text.slice(2, -2).trim();

async function evaluateExpression(text: string, field: string, scope: Scope, effects: IntrinsicEffects): Promise<Json> {
  const source = sourceOf(text);
  const named = `The JSONata expression '${source}' specified for the field '${field}'`;
  let value: unknown;
  try {
    value = await alone(async () => {
      const expression = await parse(source, effects.RegExp ?? RegExp);
      return toJson(await expression.evaluate(undefined, bindingsOf(scope, effects)));
    });
  } catch (error) {
    const why = reasonOf(error);
    throw evaluationError(
      `${named} threw an error during evaluation${/^[A-Z]\d{4}: /.test(why) ? '. ' : ': '}${why}`,
      field,
    );
  }
  if (value === undefined) throw evaluationError(`${named} returned nothing (undefined).`, field);
  return value as Json;
}

async function alone<T>(work: () => Promise<T>): Promise<T> {
  const before = turn;
  let release: () => void = () => undefined;
  turn = new Promise((resolve) => {
    release = resolve;
  });
  await before;
  if (performance.now() - runningSinceMs > LONGEST_RUN_MS) {
    await new Promise((resolve) => setImmediate(resolve));
    runningSinceMs = performance.now();
  }
  try {
    return await work();
  } finally {
    release();
  }
}

async function parse(source: string, RegexEngine: RegExpConstructor): Promise<jsonata.Expression> {
  const known = parsed.get(RegexEngine) ?? new Map<string, jsonata.Expression>();
  parsed.set(RegexEngine, known);
  let expression = known.get(source);
  if (!expression) {
    // Loaded here and not above: definitions in JSONPath do without it.
    library ??= (await import('jsonata')).default;
    expression = library(source, {
      timeout: MAX_EVALUATION_MS,
      stack: MAX_DEPTH,
      sequence: MAX_SEQUENCE,
      RegexEngine,
    });
    if (known.size >= MOST_PARSED) known.clear();
    known.set(source, expression);
  }
  return expression;
}

function bindingsOf({ input, context, variables, result, errorOutput }: Scope, effects: IntrinsicEffects) {
  return {
    ...functionsOf(effects),
    ...variables,
    states: {
      input,
      context,
      ...(result === undefined ? {} : { result }),
      ...(errorOutput === undefined ? {} : { errorOutput }),
    },
  };
}

/**
 * A plain copy without JSONata's marks. Numbers that JSON lacks become their names, as on AWS; functions are refused.
 * @param room what the copy may still take, in AWS's count: 8 bytes a number, 1 a character.
 */
function toJson(value: unknown, room = { bytes: MAX_VALUE_BYTES }): unknown {
  room.bytes -= typeof value === 'string' ? value.length : 8;
  if (room.bytes < 0) throw new ExpressionError(MEMORY_EXCEEDED);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'function') throw new ExpressionError('the result is a function');
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => toJson(item, room) ?? null);
  if ('_jsonata_function' in value || '_jsonata_lambda' in value) throw new ExpressionError('the result is a function');
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, toJson(item, room)])
      .filter(([, item]) => item !== undefined),
  );
}

function reasonOf(error: unknown): string {
  // Out of stack or of string length: the engine's own error.
  if (error instanceof RangeError) return /call stack/i.test(error.message) ? TOO_DEEP : MEMORY_EXCEEDED;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'D1011') return TOO_DEEP;
  if (code === 'D1012') return TIMEOUT;
  if (code === 'D2014' || code === 'D2015') return MEMORY_EXCEEDED;
  return code === undefined ? String(message ?? error) : `${code}: ${message ?? ''}`;
}
