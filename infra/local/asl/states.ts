import { holds } from './choice.ts';
import type { Walk } from './effects.ts';
import { maybeResolve, resolve, type Scope } from './path.ts';
import { evaluate, fill } from './template.ts';
import { type Json, type JsonObject, type Machine, type State, StatesError, type StateType } from './types.ts';

/** What a state's own work gives: its result, and for a Choice where to go. */
export interface Result {
  value: Json;
  next?: string;
}

/** Walks a branch or an iteration: handed in, since the walk itself needs this table. */
type WalkInner = (run: Walk) => Promise<Json>;

type Action<T extends StateType> = (
  run: Walk,
  name: string,
  state: Extract<State, { Type: T }>,
  scope: Scope,
  walk: WalkInner,
) => Promise<Result> | Result;

/** Does what is special to the state's type; `scope.input` is what InputPath left. */
export function act(run: Walk, name: string, state: State, scope: Scope, walk: WalkInner): Promise<Result> | Result {
  return (actions[state.Type] as Action<StateType>)(run, name, state as never, scope, walk);
}

const actions = {
  async Task(run, _name, state, scope) {
    const { effects, history, signal } = run;
    const parameters = state.Parameters === undefined ? scope.input : fill(state.Parameters, scope, effects);
    const timeoutSeconds = secondsOf(state.TimeoutSeconds, state.TimeoutSecondsPath, scope);
    const heartbeatSeconds = secondsOf(state.HeartbeatSeconds, state.HeartbeatSecondsPath, scope);
    const value = await effects.task({
      resource: state.Resource,
      parameters,
      timeoutSeconds,
      heartbeatSeconds,
      history,
      signal,
    });
    return { value };
  },

  Pass(run, _name, state, scope) {
    const value =
      state.Result !== undefined
        ? state.Result
        : state.Parameters === undefined
          ? scope.input
          : fill(state.Parameters, scope, run.effects);
    return { value };
  },

  Choice(_run, _name, state, scope) {
    const next = state.Choices.find((rule) => holds(rule, scope))?.Next ?? state.Default;
    if (next === undefined)
      throw new StatesError('States.NoChoiceMatched', 'No choice rule matched and there is no Default');
    return { value: scope.input, next };
  },

  async Wait({ effects, signal }, _name, state, scope) {
    const seconds = secondsOf(state.Seconds, state.SecondsPath, scope);
    const timestamp = state.TimestampPath === undefined ? state.Timestamp : resolve(state.TimestampPath, scope);
    const untilMs = seconds === undefined ? Date.parse(String(timestamp)) : effects.now() + seconds * 1000;
    if (Number.isNaN(untilMs)) throw new StatesError('States.Runtime', `Not a timestamp: ${JSON.stringify(timestamp)}`);
    await effects.sleep(Math.max(0, untilMs - effects.now()), signal);
    return { value: scope.input };
  },

  Succeed: (_run, _name, _state, scope) => ({ value: scope.input }),

  Fail(run, _name, state, scope) {
    const textOf = (literal: string | undefined, path: string | undefined) =>
      path === undefined ? (literal ?? '') : String(evaluate(path, scope, run.effects));
    throw new StatesError(textOf(state.Error, state.ErrorPath), textOf(state.Cause, state.CausePath));
  },

  async Parallel(run, _name, state, scope, walk) {
    const { history, effects } = run;
    const input = state.Parameters === undefined ? scope.input : fill(state.Parameters, scope, effects);
    history.add('ParallelStateStarted');
    const value = await together(run, state.Branches, (machine, branch) => walk({ ...branch, machine, input }));
    history.add('ParallelStateSucceeded');
    return { value };
  },

  async Map(run, name, state, scope, walk) {
    const processor = state.ItemProcessor ?? state.Iterator;
    if (!processor) throw new StatesError('States.Runtime', `The Map state '${name}' has no ItemProcessor`);
    const items = state.ItemReader ? undefined : itemsOf(state.ItemsPath, scope);
    if (state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED') {
      const { history, effects, signal } = run;
      const value = await effects.distributedMap({
        name,
        state,
        input: scope.input,
        context: scope.context as JsonObject,
        items,
        history,
        signal,
      });
      history.add('MapStateSucceeded');
      return { value };
    }
    return {
      value: await inlineMap(
        run,
        name,
        state,
        processor,
        Array.isArray(items) ? items : Object.entries(items ?? {}).map(([Key, Value]) => ({ Key, Value })),
        scope,
        walk,
      ),
    };
  },
} satisfies { [T in StateType]: Action<T> };

type MapState = Extract<State, { Type: 'Map' }>;

async function inlineMap(
  run: Walk,
  name: string,
  state: MapState,
  machine: Machine,
  items: Json[],
  scope: Scope,
  walk: WalkInner,
): Promise<Json> {
  const { history, effects } = run;
  history.add('MapStateStarted', { length: items.length });
  const selector = state.ItemSelector ?? state.Parameters;
  const limit = Number(
    state.MaxConcurrencyPath === undefined ? (state.MaxConcurrency ?? 0) : resolve(state.MaxConcurrencyPath, scope),
  );
  const value = await together(
    run,
    items,
    async (item, branch, index) => {
      const context = { ...(scope.context as JsonObject), Map: { Item: { Index: index, Value: item } } };
      branch.history.add('MapIterationStarted', { name, index });
      try {
        const input = selector === undefined ? item : fill(selector, { input: scope.input, context }, effects);
        const output = await walk({ ...branch, machine, input, context });
        branch.history.add('MapIterationSucceeded', { name, index });
        return output;
      } catch (error) {
        branch.history.add('MapIterationFailed', { name, index });
        throw error;
      }
    },
    limit,
  );
  history.add('MapStateSucceeded');
  return value;
}

/** Runs branches side by side, at most `limit` at a time (0 = all). The first failure stops the others and is the result. */
async function together<T>(
  run: Walk,
  inputs: T[],
  work: (input: T, branch: Walk, index: number) => Promise<Json>,
  limit = 0,
): Promise<Json[]> {
  const stop = new AbortController();
  const signal = run.signal ? AbortSignal.any([run.signal, stop.signal]) : stop.signal;
  const { onEnter: _, resumeAt: __, ...inherited } = run;
  const results: Json[] = new Array<Json>(inputs.length).fill(null);
  let next = 0;
  const worker = async () => {
    while (next < inputs.length) {
      const index = next++;
      results[index] = await work(inputs[index] as T, { ...inherited, history: run.history.fork(), signal }, index);
    }
  };
  const workers = Array.from({ length: Math.min(inputs.length, limit > 0 ? limit : inputs.length) }, worker);
  try {
    await Promise.all(workers);
    return results;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
}

function itemsOf(path: string | undefined, scope: Scope): Json[] | JsonObject {
  const items = path === undefined ? scope.input : resolve(path, scope);
  if (items === null || typeof items !== 'object')
    throw new StatesError('States.Runtime', `Reference path "${path ?? '$'}" must point to array.`);
  return items;
}

function secondsOf(literal: number | undefined, path: string | undefined, scope: Scope): number | undefined {
  const seconds = path === undefined ? literal : maybeResolve(path, scope);
  if (seconds === undefined) return undefined;
  if (typeof seconds !== 'number' || !(seconds >= 0))
    throw new StatesError(
      'States.Runtime',
      `Expected a number of seconds at ${path}, found ${JSON.stringify(seconds)}`,
    );
  return seconds;
}
