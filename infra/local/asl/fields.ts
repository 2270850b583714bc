import type { Walk } from './effects.ts';
import { evaluationError, isExpression, render } from './jsonata.ts';
import { resolve, type Scope } from './path.ts';
import { fill } from './template.ts';
import { type Assignment, InterpreterError, type Json, type State } from './types.ts';

/** One attempt at a state. */
export interface Visit<S extends State = State> {
  run: Walk;
  name: string;
  state: S;
  /** `scope.input` is what InputPath left; in JSONata, the state's input. */
  scope: Scope;
  jsonata: boolean;
}

/** What a state's own work gives: its result, and for a Choice where to go. */
export interface Result {
  value: Json;
  next?: string;
  /** The rule of a Choice that was taken, whose Assign and Output count instead of the state's. */
  rule?: { at: string; Output?: Json | undefined; Assign?: Assignment | undefined };
}

/** Walks a branch or an iteration: handed in, since the walk itself needs this table. */
export type WalkInner = (run: Walk) => Promise<Json>;

/** What Parameters or Arguments make of the input. */
export function payload({ run, state, scope, jsonata }: Visit): Json | Promise<Json> {
  const { Parameters, Arguments } = state as { Parameters?: Json; Arguments?: Json };
  if (jsonata) return Arguments === undefined ? scope.input : render(Arguments, 'Arguments', scope, run.effects);
  return Parameters === undefined ? scope.input : fill(Parameters, scope, run.effects);
}

/** A field that is a literal, in JSONPath also a path under `…Path`, in JSONata also an expression. */
export async function field({ run, state, scope, jsonata }: Visit, name: string): Promise<Json | undefined> {
  const { [name]: literal, [`${name}Path`]: path } = state as unknown as Record<string, Json | undefined>;
  if (jsonata) return literal === undefined ? undefined : render(literal, name, scope, run.effects);
  return typeof path === 'string' ? resolve(path, scope, `${name}Path`) : literal;
}

/** @throws InterpreterError where the field is there and no number from `least` on. */
export async function numberField(visit: Visit, name: string, least = 0): Promise<number | undefined> {
  const value = await field(visit, name);
  if (value === undefined) return undefined;
  if (visit.jsonata) return numberOf(value, name, visit, least);
  if (typeof value !== 'number' || !(value >= least))
    throw new InterpreterError(
      'States.Runtime',
      `The field '${name}' must be a number of at least ${least}, found ${JSON.stringify(value)}`,
    );
  return value;
}

function numberOf(value: Json, name: string, visit: Visit, least: number): number {
  if (typeof value !== 'number') throw wrongType(visit, name, 'number', value);
  if (!(value >= least))
    throw evaluationError(
      `${expressionOf(visit, name)} returned a value outside its range: at least ${least} is needed, but it was ${value}`,
      name,
    );
  return value;
}

/** The error for an expression whose value the field does not take. */
export function wrongType(visit: Visit, name: string, expected: string, value: Json): InterpreterError {
  return evaluationError(
    `${expressionOf(visit, name)} returned an unexpected result type. Expected '${expected}', but was '${typeOf(value)}' for value: ${JSON.stringify(value).slice(0, 200)}`,
    name,
  );
}

function expressionOf({ state }: Visit, name: string): string {
  const literal = (state as unknown as Record<string, Json | undefined>)[name];
  const source = isExpression(literal) ? literal.slice(2, -2).trim() : JSON.stringify(literal ?? null);
  return `The JSONata expression '${source}' specified for the field '${name}'`;
}

const typeOf = (value: Json) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
