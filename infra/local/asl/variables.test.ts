import { describe, expect, it } from 'vitest';
import type { Effects } from './effects.ts';
import { languageProblems } from './languages.ts';
import { walk } from './machine.ts';
import { silentHistory } from './silent-history.fixture.ts';
import type { Json, JsonObject, Machine } from './types.ts';
import { assign } from './variables.ts';

const effects: Effects = {
  now: () => 0,
  random: () => 0,
  uuid: () => 'u',
  sleep: async () => undefined,
  task: async ({ parameters }) => parameters,
  distributedMap: async ({ items, select }) => Promise.all((items as Json[]).map((item, index) => select(item, index))),
};
const run = (machine: object, input: Json = {}, rest: JsonObject = {}) =>
  walk({
    machine: machine as Machine,
    input,
    context: {},
    history: silentHistory(),
    effects,
    signal: undefined,
    ...rest,
  });

const task = (rest: object) => ({ Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:0:function:f', ...rest });

describe('Assign', () => {
  it('evaluates all its values before any takes effect', async () => {
    const machine = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'B' },
        B: {
          Type: 'Pass',
          Assign: { 'a.$': '$b', 'b.$': '$a' },
          Parameters: { 'a.$': '$a' },
          ResultPath: '$.seen',
          Next: 'C',
        },
        C: { Type: 'Pass', Parameters: { 'a.$': '$a', 'b.$': '$b', 'seen.$': '$.seen' }, End: true },
      },
    };
    expect(await run(machine)).toEqual({ a: 2, b: 1, seen: { a: 1 } });
  });

  it.each<[string, object, Json, Json]>([
    [
      'the result of a task, before ResultSelector',
      task({ Parameters: { n: 1 }, ResultSelector: { m: 2 } }),
      {},
      { n: 1 },
    ],
    ['what InputPath left to a Wait', { Type: 'Wait', Seconds: 0, InputPath: '$.x' }, { x: { n: 1 } }, { n: 1 }],
    ['the Result of a Pass', { Type: 'Pass', Result: { n: 1 }, OutputPath: null }, {}, { n: 1 }],
    [
      'the outputs of the branches',
      { Type: 'Parallel', Branches: [{ StartAt: 'X', States: { X: { Type: 'Succeed' } } }] },
      { n: 1 },
      [{ n: 1 }],
    ],
  ])('reads %s', async (_, state, input, expected) => {
    const machine = {
      StartAt: 'A',
      States: {
        A: { ...state, Assign: { 'v.$': '$' }, Next: 'B' },
        B: { Type: 'Pass', Parameters: { 'v.$': '$v' }, End: true },
      },
    };
    expect(await run(machine, input)).toEqual({ v: expected });
  });

  it('of an iteration stays in it; the scope around is read there', async () => {
    const inner = {
      StartAt: 'I',
      States: {
        I: { Type: 'Pass', Assign: { 'mine.$': 'States.MathAdd($, $base)' }, Next: 'J' },
        J: { Type: 'Pass', Parameters: { 'mine.$': '$mine', 'base.$': '$base' }, End: true },
      },
    };
    const machine = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { base: 100 }, Next: 'M' },
        M: { Type: 'Map', ItemProcessor: inner, ResultPath: '$', Next: 'Z' },
        Z: { Type: 'Choice', Choices: [{ Variable: '$mine', IsPresent: true, Next: 'Leaked' }], Default: 'Ok' },
        Leaked: { Type: 'Fail' },
        Ok: { Type: 'Succeed' },
      },
    };
    expect(await run(machine, [1, 2])).toEqual([
      { mine: 101, base: 100 },
      { mine: 102, base: 100 },
    ]);
  });

  it('fills ItemSelector of a distributed Map, whose children do not see the variables', async () => {
    const machine = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { base: 1 }, Next: 'M' },
        M: {
          Type: 'Map',
          ItemSelector: { 'v.$': '$$.Map.Item.Value', 'b.$': '$base' },
          ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'X', States: { X: { Type: 'Succeed' } } },
          End: true,
        },
      },
    };
    expect(await run(machine, [7])).toEqual([{ v: 7, b: 1 }]);
  });

  it('is there again after a restart in the middle', async () => {
    const machine = {
      StartAt: 'A',
      States: { A: { Type: 'Fail' }, B: { Type: 'Pass', Parameters: { 'v.$': '$v' }, End: true } },
    };
    expect(await run(machine, {}, { resumeAt: 'B', variables: { v: 3 } })).toEqual({ v: 3 });
  });

  it('that was not made is an error of the reader', async () => {
    const machine = { StartAt: 'A', States: { A: { Type: 'Pass', Parameters: { 'v.$': '$v' }, End: true } } };
    await expect(run(machine)).rejects.toThrow("The variable of the path '$v' has not been assigned");
  });
});

describe('sizes', () => {
  it('one Assign takes at most 256 KiB', () => {
    expect(assign(undefined, { a: 'x'.repeat(262_142) }).variables).toBeDefined();
    expect(() => assign(undefined, { a: 'x'.repeat(200_000), b: 'x'.repeat(70_000) })).toThrow(
      'more than the limit of 262144',
    );
  });

  it('all variables together take at most 10 MiB', () => {
    const fill = () => {
      let variables = assign(undefined, {}).variables;
      for (let index = 0; index < 60; index++)
        ({ variables } = assign(variables, { [`v${index}`]: 'x'.repeat(200_000) }));
    };
    expect(fill).toThrow('more than the limit of 10485760');
  });

  it('an output above 256 KiB ends the state', async () => {
    const machine = { StartAt: 'A', States: { A: { Type: 'Pass', Result: 'x'.repeat(262_145), End: true } } };
    await expect(run(machine)).rejects.toMatchObject({ error: 'States.DataLimitExceeded' });
  });
});

describe('a definition is refused', () => {
  const inner = (state: object) => ({ StartAt: 'I', States: { I: { Type: 'Pass', End: true, ...state } } });
  const one = (state: object, rest: object = {}) => ({
    StartAt: 'A',
    States: { A: { Type: 'Pass', End: true, ...state } },
    ...rest,
  });

  it.each<[string, object, string, string]>([
    [
      'an outer name in an inner scope',
      one({ Type: 'Map', Assign: { v: 1 }, ItemProcessor: inner({ Assign: { v: 2 } }) }),
      'an outer scope has a variable of the same name',
      '/States/A/ItemProcessor/States/I/Assign',
    ],
    [
      'the same in a branch',
      one({
        Type: 'Parallel',
        Catch: [{ ErrorEquals: ['E'], Next: 'A', Assign: { 'v.$': '$' } }],
        Branches: [inner({ Assign: { v: 2 } })],
      }),
      'an outer scope',
      '/States/A/Branches/0/States/I/Assign',
    ],
    ['a reserved name', one({ Assign: { states: 1 } }), 'is reserved', '/States/A/Assign'],
    ['no identifier', one({ Assign: { 'a-b': 1 } }), 'is no identifier', '/States/A/Assign'],
    [
      'a long name',
      one({ Type: 'Choice', Choices: [{ Next: 'A', Assign: { ['x'.repeat(81)]: 1 } }] }),
      'longer than 80',
      '/States/A/Choices/0/Assign',
    ],
    [
      'Output in JSONPath',
      one({ Output: 1 }),
      "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage",
      '/States/A',
    ],
    [
      'Parameters in JSONata',
      one({ QueryLanguage: 'JSONata', Parameters: 1 }),
      "but field 'Parameters' is only supported for the 'JSONPath'",
      '/States/A',
    ],
    [
      'JSONPath in JSONata',
      one({ QueryLanguage: 'JSONPath' }, { QueryLanguage: 'JSONata' }),
      "can not be 'JSONPath'",
      '/States/A',
    ],
    ['an unknown language', one({}, { QueryLanguage: 'jsonata' }), 'one of the following', '/QueryLanguage'],
    [
      'a language of a branch',
      one({ Type: 'Parallel', Branches: [{ ...inner({}), QueryLanguage: 'JSONata' }] }),
      "Field 'QueryLanguage' is not supported",
      '/States/A/Branches/0',
    ],
  ])('%s', (_, machine, message, location) => {
    const problems = languageProblems(machine as Machine);
    expect(problems.map((problem) => problem.location)).toContain(location);
    expect(problems.map((problem) => problem.message).join()).toContain(message);
  });

  it('but not for one name in two scopes beside each other', () => {
    const machine = one({ Type: 'Parallel', Branches: [inner({ Assign: { v: 1 } }), inner({ Assign: { v: 2 } })] });
    expect(languageProblems(machine as Machine)).toEqual([]);
  });
});
