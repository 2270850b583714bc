import type { Effects, Walk } from './effects.ts';
import { place, resolve, type Scope } from './path.ts';
import { matches, retryDelayMs } from './retry.ts';
import { act } from './states.ts';
import { fill } from './template.ts';
import { type Catcher, type Json, type JsonObject, type Retrier, type State, StatesError } from './types.ts';

interface Outcome {
  output: Json;
  next: string | undefined;
}

/**
 * Walks from StartAt to the end. @returns the output of the last state.
 * @throws StatesError that no Catch took; whatever an aborted effect throws.
 */
export async function walk(run: Walk): Promise<Json> {
  let name: string | undefined = run.resumeAt ?? run.machine.StartAt;
  let input = run.input;
  let entered = run.resumeAt !== undefined;
  for (;;) {
    const state: State | undefined = run.machine.States[name];
    if (!state) throw new StatesError('States.Runtime', `The state '${name}' does not exist`);
    if (!entered) {
      run.history.add(`${state.Type}StateEntered`, {
        name,
        input: JSON.stringify(input),
        inputDetails: { truncated: false },
      });
      run.onEnter?.(name, input);
    }
    entered = false;
    const { output, next }: Outcome = await visit(run, name, state, input);
    run.history.add(`${state.Type}StateExited`, {
      name,
      output: JSON.stringify(output),
      outputDetails: { truncated: false },
    });
    if (next === undefined) return output;
    name = next;
    input = output;
  }
}

/** The envelope round every state: paths before and after, Retry and Catch. */
async function visit(run: Walk, name: string, state: State, raw: Json): Promise<Outcome> {
  const attempts = new Map<Retrier, number>();
  const stateContext: JsonObject = {
    EnteredTime: new Date(run.effects.now()).toISOString(),
    Name: name,
    RetryCount: 0,
  };
  const scope: Scope = { input: raw, context: { ...run.context, State: stateContext } };
  for (;;) {
    try {
      run.signal?.throwIfAborted();
      const input = pathField(state.InputPath, raw, scope);
      const result = await act(run, name, state, { ...scope, input }, walk);
      const selected =
        'ResultSelector' in state && state.ResultSelector !== undefined
          ? fill(state.ResultSelector, { ...scope, input: result.value }, run.effects)
          : result.value;
      const combined =
        'ResultPath' in state && state.ResultPath !== undefined
          ? state.ResultPath === null
            ? raw
            : place(state.ResultPath, raw, selected)
          : selected;
      const output = pathField(state.OutputPath, combined, { ...scope, input: combined });
      return { output, next: result.next ?? ('Next' in state ? state.Next : undefined) };
    } catch (error) {
      // A stopped execution is over: no Retry or Catch sees the abort of the state it stood in.
      if (!(error instanceof StatesError) || run.signal?.aborted) throw error;
      const delayMs = retryAfter('Retry' in state ? state.Retry : undefined, attempts, error, run.effects);
      if (delayMs !== undefined) {
        stateContext.RetryCount = Number(stateContext.RetryCount) + 1;
        await run.effects.sleep(delayMs, run.signal);
        continue;
      }
      const catcher = 'Catch' in state ? state.Catch?.find((each) => matches(each, error)) : undefined;
      if (!catcher) throw error;
      return { output: caught(catcher, raw, error), next: catcher.Next };
    }
  }
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

function caught({ ResultPath }: Catcher, raw: Json, { error, cause }: StatesError): Json {
  const failure = { Error: error, Cause: cause };
  if (ResultPath === null) return raw;
  return ResultPath === undefined ? failure : place(ResultPath, raw, failure);
}

/** InputPath and OutputPath: absent means all, null means an empty object. */
function pathField(path: string | null | undefined, value: Json, scope: Scope): Json {
  if (path === undefined || path === '$') return value;
  if (path === null) return {};
  return resolve(path, { ...scope, input: value });
}
