import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { failureOf, type HistoryEvent, recorder, toWire } from '../sfn/history.ts';
import { type LambdaInvoker, runLambdaTask } from '../sfn/lambda-task.ts';
import type { Effects, MapCall } from './effects.ts';
import { walk } from './machine.ts';
import { type Json, type JsonObject, type Machine, StatesError } from './types.ts';

/**
 * Whole executions and the histories that AWS records of them: order, ids, previousEventId, details. The expected
 * events follow histories recorded on AWS (see the comment of each case) and the API reference of HistoryEvent.
 */
const folder = path.join(import.meta.dirname, 'golden');
const read = (name: string, file: string) => JSON.parse(readFileSync(path.join(folder, name, file), 'utf8')) as unknown;

it.each(readdirSync(folder))('%s', async (name) => {
  const { events, sleepsMs } = await runScripted(read(name, 'case.json') as Script);
  expect({ events, sleepsMs }).toEqual(read(name, 'history.json'));
});

/** An execution with what its functions are to answer. */
interface Script {
  comment?: string;
  definition: Machine;
  input: Json;
  /** Function name → what its calls give, in turn; the last goes for all further ones. */
  functions?: Record<string, Answer[]>;
}
type Answer = { payload: Json } | { error: string; message?: string } | { timeout: true } | { hang: true };

const ROLE = 'arn:aws:iam::000000000000:role/starmap';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:golden';
const START_MS = Date.parse('2026-01-02T03:04:05.000Z');

/** Runs a script with the real recorder and the real Lambda integration, on a clock that jumps. */
async function runScripted({ definition, input, functions = {} }: Script): Promise<{
  events: JsonObject[];
  sleepsMs: number[];
  output: Json | undefined;
  error: StatesError | undefined;
}> {
  let nowMs = START_MS;
  const sleepsMs: number[] = [];
  const events: HistoryEvent[] = [];
  const history = recorder(
    (event) => events.push(event),
    () => nowMs,
  );
  const lambda = scriptedLambda(functions);
  const effects: Effects = {
    now: () => nowMs,
    random: () => 0.5,
    uuid: () => '5f3c0a52-6a8e-4c9e-9c58-0d6b8a9d2f11',
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleepsMs.push(ms);
      nowMs += ms;
    },
    task: (call) => runLambdaTask(call, lambda, 'us-east-1'),
    distributedMap: (call) => scriptedMap(call, effects),
  };
  const text = JSON.stringify(input);
  history.add('ExecutionStarted', { input: text, inputDetails: { truncated: false }, roleArn: ROLE });
  const context = {
    Execution: {
      Id: 'arn:aws:states:us-east-1:000000000000:execution:golden:run',
      Input: input,
      Name: 'run',
      RoleArn: ROLE,
      StartTime: new Date(nowMs).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: MACHINE, Name: 'golden' },
  };
  let output: Json | undefined;
  let error: StatesError | undefined;
  try {
    output = await walk({ machine: definition, input, context, history, effects, signal: undefined });
    history.add('ExecutionSucceeded', { output: JSON.stringify(output), outputDetails: { truncated: false } });
  } catch (thrown) {
    if (!(thrown instanceof StatesError)) throw thrown;
    error = thrown;
    history.add('ExecutionFailed', failureOf(thrown));
  }
  return { events: events.map(withoutTime), sleepsMs, output, error };
}

function withoutTime(event: HistoryEvent): JsonObject {
  const { timestamp: _, ...rest } = toWire(event, true);
  return rest;
}

function scriptedLambda(functions: Record<string, Answer[]>): LambdaInvoker {
  const calls = new Map<string, number>();
  return {
    async invoke(name, _payload, { signal } = {}) {
      const answers = functions[name] ?? [];
      const call = calls.get(name) ?? 0;
      calls.set(name, call + 1);
      const answer = answers[Math.min(call, answers.length - 1)];
      if (answer === undefined) throw new Error(`The script has no function ${name}`);
      const common = { statusCode: 200, executedVersion: '$LATEST', requestId: 'request-1' };
      if ('payload' in answer) return { ...common, payload: JSON.stringify(answer.payload) };
      if ('timeout' in answer) throw new StatesError('States.Timeout', '');
      if ('hang' in answer)
        return new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      const payload = JSON.stringify({ errorType: answer.error, errorMessage: answer.message ?? '' });
      return { ...common, functionError: 'Unhandled', payload };
    },
  };
}

/** A map run with a child per item, one after the other, without a journal. */
async function scriptedMap({ name, state, items, select, history, signal }: MapCall, effects: Effects): Promise<Json> {
  const list = Array.isArray(items) ? items : Object.entries(items ?? {}).map(([Key, Value]) => ({ Key, Value }));
  history.add('MapStateStarted', { length: list.length });
  history.add('MapRunStarted', { mapRunArn: `${MACHINE.replace('stateMachine', 'mapRun')}/${state.Label ?? name}:1` });
  const outputs: Json[] = [];
  for (const [index, item] of list.entries()) {
    const input = await select(item, index);
    const context = { Execution: { Id: `child-${index}`, Input: input, Name: `child-${index}` } };
    const machine = state.ItemProcessor as Machine;
    const chain = recorder(
      () => undefined,
      () => effects.now(),
    );
    outputs.push(await walk({ machine, input, context, history: chain, effects, signal }));
  }
  history.add('MapRunSucceeded');
  return outputs;
}
