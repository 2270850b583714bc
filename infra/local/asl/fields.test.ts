import { describe, expect, it } from 'vitest';
import type { Effects } from './effects.ts';
import { walk } from './machine.ts';
import { silentHistory } from './silent-history.fixture.ts';
import type { Json, Machine } from './types.ts';

const calls: Json[] = [];
const effects: Effects = {
  now: () => 0,
  random: () => 0,
  uuid: () => 'u',
  sleep: async (ms) => {
    calls.push(ms);
  },
  task: async ({ timeoutSeconds, heartbeatSeconds }) => [timeoutSeconds ?? null, heartbeatSeconds ?? null],
  distributedMap: async ({ state: { MaxConcurrency, ToleratedFailureCount, ItemReader, ResultWriter } }) =>
    JSON.parse(
      JSON.stringify([MaxConcurrency, ToleratedFailureCount, ItemReader?.Parameters, ResultWriter?.Parameters]),
    ) as Json,
};
const run = (language: 'JSONPath' | 'JSONata', state: object, input: Json = {}) =>
  walk({
    machine: {
      QueryLanguage: language,
      StartAt: 'A',
      States: { A: { End: true, ...state }, Z: { Type: 'Succeed' } },
    } as unknown as Machine,
    input,
    context: {},
    history: silentHistory(),
    effects,
    signal: undefined,
  });
const task = { Type: 'Task', Resource: 'r' };
const inner = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };

describe('a field takes a literal, a path or an expression', () => {
  it.each<['JSONPath' | 'JSONata', object, Json, Json]>([
    ['JSONPath', { ...task, TimeoutSeconds: 5, HeartbeatSecondsPath: '$.h' }, { h: 2 }, [5, 2]],
    ['JSONata', { ...task, TimeoutSeconds: '{% $states.input.t %}', HeartbeatSeconds: 3 }, { t: 9 }, [9, 3]],
    ['JSONata', { Type: 'Map', Items: [1, '{% 2 %}'], ItemProcessor: inner }, {}, [1, 2]],
    ['JSONata', { Type: 'Map', Items: "{% {'k': 1} %}", ItemProcessor: inner }, {}, [{ Key: 'k', Value: 1 }]],
    ['JSONPath', { Type: 'Map', ItemsPath: '$.o', ItemProcessor: inner }, { o: { k: 1 } }, [{ Key: 'k', Value: 1 }]],
    [
      'JSONata',
      {
        Type: 'Map',
        ItemReader: { Resource: 'r', Arguments: { Bucket: '{% $states.input.b %}' } },
        ResultWriter: { Arguments: { Bucket: 'w', Prefix: '{% $states.input.b %}' } },
        MaxConcurrency: '{% 4 %}',
        ToleratedFailureCount: 2,
        ItemProcessor: { ...inner, ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      },
      { b: 'x' },
      [4, 2, { Bucket: 'x' }, { Bucket: 'w', Prefix: 'x' }],
    ],
  ])('%s %j', async (language, state, input, expected) => {
    expect(await run(language, state, input)).toEqual(expected);
  });

  it('waits longer than a timer can in several steps', async () => {
    calls.length = 0;
    await run('JSONPath', { Type: 'Wait', Seconds: 99_999_999 });
    expect(calls.reduce<number>((sum, ms) => sum + Number(ms), 0)).toBe(99_999_999_000);
    expect(Math.max(...calls.map(Number))).toBeLessThan(2 ** 31);
  });
});

describe('a field refuses what it cannot take', () => {
  it.each<['JSONPath' | 'JSONata', object, Json, string, string]>([
    [
      'JSONPath',
      { ...task, TimeoutSecondsPath: '$.t' },
      { t: 'x' },
      'States.Runtime',
      "The field 'TimeoutSeconds' must be a number",
    ],
    [
      'JSONPath',
      { ...task, TimeoutSecondsPath: '$.t' },
      {},
      'States.Runtime',
      "specified for the field 'TimeoutSecondsPath' could not be found",
    ],
    [
      'JSONPath',
      { Type: 'Wait', SecondsPath: '$.s' },
      { s: -1 },
      'States.Runtime',
      "The field 'Seconds' must be a number",
    ],
    ['JSONPath', { Type: 'Wait', Seconds: 100_000_000 }, {}, 'States.Runtime', 'Seconds must be from 0 to 99999999'],
    ['JSONPath', { Type: 'Wait', TimestampPath: '$.t' }, { t: 'tomorrow' }, 'States.Runtime', 'Not a timestamp'],
    [
      'JSONPath',
      { Type: 'Map', ItemsPath: '$.i', ItemProcessor: inner },
      { i: 5 },
      'States.Runtime',
      'Reference path "$.i" must point to array.',
    ],
    ['JSONPath', { Type: 'Fail', ErrorPath: '$.e' }, { e: 5 }, 'States.Runtime', 'ErrorPath must give a string'],
    [
      'JSONPath',
      { Type: 'Pass', InputPath: '$.i' },
      {},
      'States.Runtime',
      "for the field 'InputPath' could not be found",
    ],
    [
      'JSONPath',
      { Type: 'Pass', OutputPath: '$.i' },
      {},
      'States.Runtime',
      "for the field 'OutputPath' could not be found",
    ],
    [
      'JSONata',
      { ...task, TimeoutSeconds: "{% 'x' %}" },
      {},
      'States.QueryEvaluationError',
      "The JSONata expression ''x'' specified for the field 'TimeoutSeconds' returned an unexpected result type. Expected 'number', but was 'string'",
    ],
    [
      'JSONata',
      { Type: 'Wait', Seconds: '{% -1 %}' },
      {},
      'States.QueryEvaluationError',
      "for the field 'Seconds' returned a value outside its range",
    ],
    [
      'JSONata',
      { Type: 'Wait', Timestamp: "{% 'now' %}" },
      {},
      'States.QueryEvaluationError',
      "for the field 'Timestamp' returned an unexpected result type",
    ],
    [
      'JSONata',
      { Type: 'Map', Items: '{% 5 %}', ItemProcessor: inner },
      {},
      'States.QueryEvaluationError',
      "Expected 'array', but was 'number'",
    ],
    [
      'JSONata',
      { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'Z' }] },
      {},
      'States.QueryEvaluationError',
      "The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number'",
    ],
    [
      'JSONata',
      { Type: 'Fail', Error: '{% 1 %}' },
      {},
      'States.QueryEvaluationError',
      "Expected 'string', but was 'number'",
    ],
  ])('%s %j', async (language, state, input, error, part) => {
    await expect(run(language, state, input)).rejects.toMatchObject({
      error,
      cause: expect.stringContaining(part) as string,
    });
  });

  it.each([
    { Type: 'Pass' },
    { Type: 'Pass', Parameters: { 'a.$': '$..b' } },
    { Type: 'Pass', Parameters: { 'a.$': 'States.JsonToString($)' } },
  ])('a value that is nested without end fails %j', async (state) => {
    let input: Json = 1;
    for (let depth = 0; depth < 100_000; depth++) input = [input];
    await expect(run('JSONPath', state, input)).rejects.toMatchObject({ error: 'States.Runtime' });
  });

  it('an endless machine ends with the history full', async () => {
    await expect(run('JSONPath', { Type: 'Pass', End: undefined, Next: 'A' })).rejects.toThrow(
      'maximum number of history events (25000)',
    );
  });
});
