import type { Walk } from './effects.ts';
import type { Result, Visit, WalkInner } from './fields.ts';
import { render } from './jsonata.ts';
import { place as placeAt, resolve, type Scope } from './path.ts';
import { act } from './states.ts';
import { fill } from './template.ts';
import {
  type Assignment,
  type Catcher,
  InterpreterError,
  type Json,
  type JsonObject,
  type State,
  StatesError,
} from './types.ts';
import { assign, type Variables } from './variables.ts';

/** A state on its way, with what it began with. */
export interface Place {
  run: Walk;
  name: string;
  state: State;
  input: Json;
  variables: Variables | undefined;
  jsonata: boolean;
  enteredId: number | undefined;
  enteredMs: number;
  walk: WalkInner;
}

/** How a state ends well. */
export interface Outcome {
  output: Json;
  /** The output as JSON. */
  text: string;
  next: string | undefined;
  variables: Variables | undefined;
  /** What Assign changed, for the history. */
  assigned: Record<string, string> | undefined;
}

/** Largest output of a state: bytes of JSON. Source: Developer Guide, "Service quotas". */
const MAX_OUTPUT_BYTES = 262_144;

function visitOf(place: Place, retryCount: number): Visit {
  const { run, name, state, input, variables, jsonata } = place;
  return { run, name, state, scope: new StateScope(input, variables, () => contextOf(place, retryCount)), jsonata };
}

/** One attempt. Never throws: a failure is a promise that rejects. */
export function attempt(place: Place, retryCount: number): Outcome | Promise<Outcome> {
  try {
    place.run.signal?.throwIfAborted();
    const visit = visitOf(place, retryCount);
    return place.jsonata ? attemptJsonata(visit, place.walk) : attemptJsonpath(visit, place.walk);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A value as JSON. @throws StatesError where it is nested so deep that the engine gives up. */
export function toText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw tooDeep(error as Error);
  }
}

/** The engine's own limit, as an error of the language. */
export const tooDeep = (error: Error) =>
  new InterpreterError('States.Runtime', `A value is too large or nested too deep (${error.message})`);

function attemptJsonpath(visit: Visit, walk: WalkInner): Outcome | Promise<Outcome> {
  const { state, scope } = visit;
  const raw = scope.input;
  const input = pathField(state.InputPath, raw, scope, 'InputPath');
  const acting = act(input === raw ? visit : { ...visit, scope: withInput(scope, input) }, walk);
  return acting instanceof Promise
    ? acting.then((result) => afterJsonpath(visit, result))
    : afterJsonpath(visit, acting);
}

function afterJsonpath(visit: Visit, result: Result): Outcome {
  const { run, state, scope } = visit;
  const raw = scope.input;
  const selected =
    'ResultSelector' in state && state.ResultSelector !== undefined
      ? fill(state.ResultSelector, withInput(scope, result.value), run.effects)
      : result.value;
  const combined =
    'ResultPath' in state && state.ResultPath !== undefined
      ? state.ResultPath === null
        ? raw
        : placeAt(state.ResultPath, raw, selected)
      : selected;
  const output = pathField(state.OutputPath, combined, scope, 'OutputPath');
  const assignment = result.rule ? result.rule.Assign : state.Assign;
  const assigned = assignment && (fill(assignment, withInput(scope, result.value), run.effects) as JsonObject);
  return outcome(visit, output, result.next ?? ('Next' in state ? state.Next : undefined), assigned);
}

async function attemptJsonata(visit: Visit, walk: WalkInner): Promise<Outcome> {
  const { state, scope } = visit;
  const result = await act(visit, walk);
  // Pass, Choice, Wait and Succeed have no result of their own.
  const working = state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel';
  const after = working ? { ...plain(scope), result: result.value } : scope;
  const { Output, Assign } = result.rule ?? state;
  const { output, assigned } = await afterwards(visit, { Output, Assign }, result.rule?.at ?? '', after, result.value);
  return outcome(visit, output, result.next ?? ('Next' in state ? state.Next : undefined), assigned);
}

/** Output and Assign see the same variables: those from before the state. */
async function afterwards(
  { run }: Visit,
  { Output, Assign }: { Output?: Json | undefined; Assign?: Assignment | undefined },
  at: string,
  scope: Scope,
  fallback: Json,
): Promise<{ output: Json; assigned: JsonObject | undefined }> {
  const assigned =
    Assign === undefined ? undefined : ((await render(Assign, `${at}Assign`, scope, run.effects)) as JsonObject);
  const output = Output === undefined ? fallback : await render(Output, `${at}Output`, scope, run.effects);
  return { output, assigned };
}

/** The way out that a Catch entry gives. @param at where the entry stands in the state: `Catch[0]/`. */
export async function caught(
  place: Place,
  retryCount: number,
  catcher: Catcher,
  at: string,
  { error, cause }: StatesError,
): Promise<Outcome> {
  const visit = visitOf(place, retryCount);
  const { run, scope, jsonata } = visit;
  const failure = { Error: error, Cause: cause };
  if (jsonata) {
    const { output, assigned } = await afterwards(
      visit,
      catcher,
      at,
      { ...plain(scope), errorOutput: failure },
      failure,
    );
    return outcome(visit, output, catcher.Next, assigned);
  }
  const { ResultPath, Assign } = catcher;
  const output =
    ResultPath === null ? scope.input : ResultPath === undefined ? failure : placeAt(ResultPath, scope.input, failure);
  const assigned = Assign && (fill(Assign, withInput(scope, failure), run.effects) as JsonObject);
  return outcome(visit, output, catcher.Next, assigned);
}

function outcome(
  { name, scope }: Visit,
  output: Json,
  next: string | undefined,
  assigned: JsonObject | undefined,
): Outcome {
  const text = toText(output);
  // No character takes more than 3 bytes per UTF-16 unit.
  if (text.length * 3 > MAX_OUTPUT_BYTES && Buffer.byteLength(text) > MAX_OUTPUT_BYTES)
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  const after = assign(scope.variables, assigned);
  return { output, text, next, variables: after.variables, assigned: after.texts };
}

/** What a state sees. Its context object is made when something reads it: few templates do. */
class StateScope implements Scope {
  readonly input: Json;
  readonly variables: Variables | undefined;
  readonly #make: () => JsonObject;
  #made: JsonObject | undefined;
  constructor(input: Json, variables: Variables | undefined, make: () => JsonObject) {
    this.input = input;
    this.variables = variables;
    this.#make = make;
  }
  get context(): JsonObject {
    this.#made ??= this.#make();
    return this.#made;
  }
}

/** The context object with its `State`. */
function contextOf({ run, name, state, enteredMs }: Place, retryCount: number): JsonObject {
  return {
    ...run.context,
    State: {
      EnteredTime: new Date(enteredMs).toISOString(),
      Name: name,
      ...('Retry' in state || state.Type === 'Task' ? { RetryCount: retryCount } : {}),
    },
  };
}

const withInput = (scope: Scope, input: Json): Scope =>
  new StateScope(input, scope.variables, () => scope.context as JsonObject);

const plain = ({ input, context, variables }: Scope): Scope => ({ input, context, variables });

/** InputPath and OutputPath: absent means all, null means an empty object. */
function pathField(path: string | null | undefined, value: Json, scope: Scope, field: string): Json {
  if (path === undefined || path === '$') return value;
  if (path === null) return {};
  return resolve(path, value === scope.input ? scope : withInput(scope, value), field);
}
