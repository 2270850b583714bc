import { together } from './branches.ts';
import { branchChosen, isTimestamp } from './choice.ts';
import type { History, Walk } from './effects.ts';
import { field, numberField, payload, type Result, type Visit, type WalkInner, wrongType } from './fields.ts';
import { distributedMap, inlineMap, itemsOf } from './map.ts';
import { evaluate } from './template.ts';
import { InterpreterError, type Json, type Machine, type State, StatesError, type StateType } from './types.ts';

type Action<T extends StateType> = (
  visit: Visit<Extract<State, { Type: T }>>,
  walk: WalkInner,
) => Promise<Result> | Result;

/** Does what is special to the state's type. */
export function act(visit: Visit, walk: WalkInner): Promise<Result> | Result {
  return (actions[visit.state.Type] as Action<StateType>)(visit as never, walk);
}

/** Longest wait: AWS takes no more, about three years. */
const MAX_WAIT_SECONDS = 99_999_999;
/** Longest time that a timer of the platform takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Iterations of an inline Map and branches at a time. Source: Developer Guide, "Inline mode". */
const MAX_INLINE = 40;

const actions = {
  async Task(visit) {
    const { state, run } = visit;
    const parameters = await payload(visit);
    const timeoutSeconds = await numberField(visit, 'TimeoutSeconds', 1);
    const heartbeatSeconds = await numberField(visit, 'HeartbeatSeconds', 1);
    const value = await run.effects.task({
      resource: state.Resource,
      parameters,
      timeoutSeconds,
      heartbeatSeconds,
      history: untilAborted(run.history, run.signal),
      signal: run.signal,
    });
    return { value };
  },

  Pass(visit) {
    const { state, scope, jsonata } = visit;
    if (jsonata) return { value: scope.input };
    // Without Arguments in a Pass, payload() is Parameters and never waits.
    return { value: state.Result !== undefined ? state.Result : (payload(visit) as Json) };
  },

  Choice: (visit) => branchChosen(visit),

  async Wait(visit) {
    const { effects, signal } = visit.run;
    const seconds = await numberField(visit, 'Seconds');
    if (seconds !== undefined && seconds > MAX_WAIT_SECONDS)
      throw new InterpreterError('States.Runtime', `Seconds must be from 0 to ${MAX_WAIT_SECONDS}, found ${seconds}`);
    const untilMs = seconds === undefined ? await instant(visit) : effects.now() + seconds * 1000;
    await sleep(visit.run, Math.max(0, untilMs - effects.now()), signal);
    return { value: visit.scope.input };
  },

  Succeed: ({ scope }) => ({ value: scope.input }),

  async Fail(visit) {
    const text = async (name: 'Error' | 'Cause') => {
      const { [`${name}Path` as const]: path } = visit.state;
      const value =
        path === undefined ? await field(visit, name) : evaluate(path, visit.scope, visit.run.effects, `${name}Path`);
      if (value === undefined) return '';
      if (typeof value === 'string') return value;
      if (visit.jsonata) throw wrongType(visit, name, 'string', value);
      throw new InterpreterError('States.Runtime', `${name}Path must give a string, found ${JSON.stringify(value)}`);
    };
    throw new StatesError(await text('Error'), await text('Cause'));
  },

  async Parallel(visit, walk) {
    const { run, state } = visit;
    const input = await payload(visit);
    run.history.add('ParallelStateStarted');
    const value = await together(
      run,
      state.Branches,
      (machine: Machine, branch) => walk({ ...branch, machine, input, variables: visit.scope.variables }),
      { limit: state.Branches.length },
    );
    run.history.add('ParallelStateSucceeded');
    return { value };
  },

  async Map(visit, walk) {
    const { name, state, run } = visit;
    const processor = state.ItemProcessor ?? state.Iterator;
    if (!processor) throw new InterpreterError('States.Runtime', `The Map state '${name}' has no ItemProcessor`);
    const items = state.ItemReader ? undefined : await itemsOf(visit);
    const distributed = state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
    const limit = distributed ? 0 : ((await numberField(visit, 'MaxConcurrency')) ?? 0);
    const value = distributed
      ? await distributedMap(visit, processor, items)
      : await inlineMap(visit, processor, items ?? [], limit > 0 ? limit : MAX_INLINE, walk);
    run.history.add('MapStateSucceeded');
    return { value };
  },
} satisfies { [T in StateType]: Action<T> };

/** Waits in steps that a timer can take. */
export async function sleep({ effects }: Walk, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let leftMs = ms;
  do {
    await effects.sleep(Math.min(leftMs, MAX_TIMER_MS), signal);
    leftMs -= MAX_TIMER_MS;
  } while (leftMs > 0);
}

async function instant(visit: Visit): Promise<number> {
  const timestamp = await field(visit, 'Timestamp');
  if (timestamp !== undefined && isTimestamp(timestamp)) return Date.parse(String(timestamp));
  if (visit.jsonata) throw wrongType(visit, 'Timestamp', 'timestamp', timestamp ?? null);
  throw new InterpreterError('States.Runtime', `Not a timestamp: ${JSON.stringify(timestamp)}`);
}

/** What a task reports after its state was stopped is not told: the history shows the state as aborted. */
function untilAborted(history: History, signal: AbortSignal | undefined): History {
  if (!signal) return history;
  return {
    ...history,
    add: (type, details) => (signal.aborted ? history.position().last : history.add(type, details)),
  };
}
