import { attempt, caught, type Outcome, type Place, tooDeep, toText } from './attempt.ts';
import type { Effects, Walk } from './effects.ts';
import { MAX_EVENTS, tooManyEvents } from './history-limit.ts';
import { matches, retryDelayMs } from './retry.ts';
import { sleep } from './states.ts';
import { type Catcher, InterpreterError, type Json, type Retrier, type State, StatesError } from './types.ts';

/**
 * Walks from StartAt to the end. @returns the output of the last state.
 * @throws StatesError that no Catch took; whatever an aborted effect throws.
 */
export async function walk(run: Walk): Promise<Json> {
  const language = run.language ?? run.machine.QueryLanguage ?? 'JSONPath';
  const settled = run.language === undefined ? { ...run, language } : run;
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
        input: toText(input),
        inputDetails: { truncated: false },
      });
      if (enteredId > MAX_EVENTS) throw tooManyEvents();
      run.onEnter?.(name, input, variables);
    }
    entered = false;
    const place: Place = {
      run: settled,
      name,
      state,
      input,
      variables,
      jsonata: (state.QueryLanguage ?? language) === 'JSONata',
      enteredId,
      enteredMs: run.effects.now(),
      walk,
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

/** The envelope round a state that waits or fails: Retry and Catch. */
async function persist(place: Place, first: Promise<Outcome>): Promise<Outcome> {
  const { run, state } = place;
  const attempts = new Map<Retrier, number>();
  let pending = first;
  for (let retryCount = 1; ; retryCount++) {
    try {
      return await pending;
    } catch (caughtError) {
      const thrown = caughtError instanceof RangeError ? tooDeep(caughtError) : caughtError;
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
    return await caught(place, retryCount, catchers[at] as Catcher, `Catch[${at}]/`, error);
  } catch (second) {
    if (!(second instanceof StatesError)) throw second;
    // As on AWS: the failure of the clause stands beside the one it was to take, and fails the state again.
    run.history.join(before);
    const final = told(place, second);
    recordFailure(run, state, final);
    throw final;
  }
}

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

/** A Parallel or Map that failed says so, once nothing is tried again; States.Runtime ends all. */
function recordFailure(run: Walk, state: State, { error }: StatesError): void {
  if (error === 'States.Runtime') return;
  if (state.Type === 'Parallel') run.history.add('ParallelStateFailed');
  if (state.Type === 'Map') run.history.add('MapStateFailed');
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
