import type { Effects, Walk } from './effects.ts';
import type { Visit } from './fields.ts';
import { render } from './jsonata.ts';
import { place as placeAt, resolve, type Scope } from './path.ts';
import { matches, retryDelayMs } from './retry.ts';
import { act, type Result, sleep } from './states.ts';
import { fill } from './template.ts';
import {
  type Assignment,
  type Catcher,
  InterpreterError,
  type Json,
  type JsonObject,
  type Retrier,
  type State,
  StatesError,
} from './types.ts';
import { assign, type Variables } from './variables.ts';

interface Outcome {
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

/** Most events of an execution: the one after fails it. A machine that goes in circles ends here. */
const MAX_EVENTS = 25_000;

/**
 * Walks from StartAt to the end. @returns the output of the last state.
 * @throws StatesError that no Catch took; whatever an aborted effect throws.
 */
export async function walk(run: Walk): Promise<Json> {
  const language = run.language ?? run.machine.QueryLanguage ?? 'JSONPath';
  const { history, standing } = run;
  let name: string | undefined = run.resumeAt ?? run.machine.StartAt;
  let input = run.input;
  let variables = run.variables;
  let entered = run.resumeAt !== undefined;
  for (;;) {
    const state: State | undefined = Object.hasOwn(run.machine.States, name) ? run.machine.States[name] : undefined;
    if (!state) throw new StatesError('States.Runtime', `The state '${name}' does not exist`);
    if (standing) standing.type = state.Type;
    let enteredId: number | undefined;
    if (!entered) {
      enteredId = history.add(`${state.Type}StateEntered`, {
        name,
        input: JSON.stringify(input),
        inputDetails: { truncated: false },
      });
      if (enteredId > MAX_EVENTS)
        throw new StatesError(
          'States.Runtime',
          `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
        );
      run.onEnter?.(name, input, variables);
    }
    entered = false;
    const place: Place = {
      run: run.language === undefined ? { ...run, language } : run,
      name,
      state,
      input,
      variables,
      jsonata: (state.QueryLanguage ?? language) === 'JSONata',
      enteredId,
      enteredMs: run.effects.now(),
    };
    // States that need not wait are not waited for: most of a map's children are such.
    const first = attempt(place, 0);
    const {
      output,
      text,
      next,
      assigned,
      variables: after,
    } = first instanceof Promise ? await persist(place, first) : first;
    history.add(
      `${state.Type}StateExited`,
      assigned === undefined
        ? { name, output: text, outputDetails: { truncated: false } }
        : {
            name,
            output: text,
            outputDetails: { truncated: false },
            assignedVariables: assigned,
            assignedVariablesDetails: { truncated: false },
          },
    );
    if (next === undefined) return output;
    name = next;
    input = output;
    variables = after;
  }
}

/** A state on its way, with what it began with. */
interface Place {
  run: Walk;
  name: string;
  state: State;
  input: Json;
  variables: Variables | undefined;
  jsonata: boolean;
  enteredId: number | undefined;
  enteredMs: number;
}

/** The envelope round a state that waits or fails: Retry and Catch. */
async function persist(place: Place, first: Promise<Outcome>): Promise<Outcome> {
  const { run, state } = place;
  const attempts = new Map<Retrier, number>();
  let pending = first;
  for (let retryCount = 1; ; retryCount++) {
    try {
      return await pending;
    } catch (thrown) {
      // A stopped execution is over: no Retry or Catch sees the abort of the state it stood in.
      if (!(thrown instanceof StatesError) || run.signal?.aborted) throw thrown;
      const error = told(place, thrown);
      const delayMs = retryAfter('Retry' in state ? state.Retry : undefined, attempts, error, run.effects);
      if (delayMs === undefined) return giveUp(place, error, retryCount - 1);
      await sleep(run, delayMs, run.signal);
      pending = Promise.resolve(attempt(place, retryCount));
    }
  }
}

/** What a failure that is not retried comes to: the way out that Catch gives, or the end. */
async function giveUp(place: Place, error: StatesError, retryCount: number): Promise<Outcome> {
  const { run, state } = place;
  const before = run.history.fork();
  recordFailure(run, state, error);
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  const at = catchers.findIndex((each) => matches(each, error));
  if (at < 0) throw error;
  try {
    return await caught(visitOf(place, retryCount), catchers[at] as Catcher, `Catch[${at}]/`, error);
  } catch (second) {
    if (!(second instanceof StatesError)) throw second;
    // As on AWS: the failure of the clause stands beside the one it was to take, and fails the state again.
    run.history.join(before);
    const final = told(place, second);
    recordFailure(run, state, final);
    throw final;
  }
}

function visitOf(place: Place, retryCount: number): Visit {
  const { run, name, state, input, variables, jsonata } = place;
  return { run, name, state, scope: new StateScope(input, variables, () => contextOf(place, retryCount)), jsonata };
}

/** One attempt. Never throws: a failure is a promise that rejects. */
function attempt(place: Place, retryCount: number): Outcome | Promise<Outcome> {
  try {
    place.run.signal?.throwIfAborted();
    const visit = visitOf(place, retryCount);
    return place.jsonata ? attemptJsonata(visit) : attemptJsonpath(visit);
  } catch (error) {
    return Promise.reject(error);
  }
}

function attemptJsonpath(visit: Visit): Outcome | Promise<Outcome> {
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

async function attemptJsonata(visit: Visit): Promise<Outcome> {
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

async function caught(visit: Visit, catcher: Catcher, at: string, { error, cause }: StatesError): Promise<Outcome> {
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
  const text = JSON.stringify(output);
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

/** The interpreter's own failures say in which state they arose, once; those of JSONata have an event. */
function told({ run, name, enteredId }: Place, error: StatesError): StatesError {
  if (!(error instanceof InterpreterError)) return error;
  const entered = enteredId === undefined ? '' : ` (entered at the event id #${enteredId})`;
  const cause = `An error occurred while executing the state '${name}'${entered}. ${error.cause}`;
  if (error.error === 'States.QueryEvaluationError')
    run.history.add('EvaluationFailed', {
      error: error.error,
      cause,
      ...(error.location === undefined ? {} : { location: error.location }),
      state: name,
    });
  return new StatesError(error.error, cause);
}

/** A Parallel or inline Map that failed says so; the distributed one has done it itself, and States.Runtime ends all. */
function recordFailure(run: Walk, state: State, { error }: StatesError): void {
  if (error === 'States.Runtime') return;
  if (state.Type === 'Parallel') run.history.add('ParallelStateFailed');
  if (state.Type === 'Map' && state.ItemProcessor?.ProcessorConfig?.Mode !== 'DISTRIBUTED')
    run.history.add('MapStateFailed');
}

function retryAfter(
  retriers: Retrier[] | undefined,
  attempts: Map<Retrier, number>,
  error: StatesError,
  effects: Effects,
): number | undefined {
  const retrier = retriers?.find((each) => matches(each, error));
  if (!retrier) return undefined;
  const attempt = (attempts.get(retrier) ?? 0) + 1;
  attempts.set(retrier, attempt);
  return retryDelayMs(retrier, attempt, effects.random);
}

/** InputPath and OutputPath: absent means all, null means an empty object. */
function pathField(path: string | null | undefined, value: Json, scope: Scope, field: string): Json {
  if (path === undefined || path === '$') return value;
  if (path === null) return {};
  return resolve(path, value === scope.input ? scope : withInput(scope, value), field);
}
