import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effects } from './effects.ts';
import { walk } from './machine.ts';
import { silentHistory } from './silent-history.fixture.ts';
import { type Json, type Machine, StatesError } from './types.ts';

const path = fc.constantFrom(
  '$',
  '$.a',
  '$.b',
  '$.a.b',
  '$.list[0]',
  '$.list[*]',
  '$..b',
  '$$.Execution.Name',
  '$v',
  '$v.a',
  '$.list[?(@.a > 1)]',
);
const expression = fc.constantFrom(
  '$states.input',
  '$states.input.a',
  '$states.result',
  '$v',
  '1 + 1',
  "'x'",
  '$states.input.list[0]',
  '$random()',
  '$range(1, 3, 1)',
  '$states.errorOutput',
  '[1..3]',
  '$string(',
  'true',
  '$uuid()',
);
const braced = expression.map((text) => `{% ${text} %}`);
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -5, max: 50 }),
  fc.constantFrom('', 'a', 'Vega', '2026-01-01T00:00:00Z'),
);
const literal: fc.Arbitrary<Json> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b', 'list'), leaf, { maxKeys: 3 }),
);
const template = fc.dictionary(
  fc.constantFrom('a', 'b.$', 'c.$', 'd'),
  fc.oneof(
    path,
    fc.constant('States.Array($.a, 1)'),
    fc.constant("States.Format('{}', $.b)"),
    fc.constant('States.MathAdd($.a, 1)'),
  ),
  { maxKeys: 3 },
);
const rendered: fc.Arbitrary<Json> = fc.oneof(
  braced,
  fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(braced, leaf), { maxKeys: 2 }),
);
const resultPath = fc.constantFrom<(string | null | undefined)[]>(undefined, null, '$', '$.a', '$.r.s', '$.list[0]');
const inputPath = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: path },
);
const errors = fc.constantFrom(
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.Runtime',
  'States.QueryEvaluationError',
  'Odd',
);
const number = fc.oneof(fc.integer({ min: -1, max: 3 }), braced);

type Fields = Record<string, unknown>;

function retriers(next: fc.Arbitrary<string>): fc.Arbitrary<Fields> {
  return fc.record({
    Retry: fc.array(fc.record({ ErrorEquals: fc.tuple(errors), MaxAttempts: fc.integer({ min: 0, max: 2 }) }), {
      maxLength: 1,
    }),
    Catch: fc.array(fc.record({ ErrorEquals: fc.tuple(errors), Next: next, Assign: fc.constantFrom({}, { w: 1 }) }), {
      maxLength: 2,
    }),
  });
}

function stateOf(jsonata: boolean, names: string[], inner: fc.Arbitrary<Machine>): fc.Arbitrary<Fields> {
  const next = fc.constantFrom(...names);
  const way = fc.oneof(
    next.map((Next): Fields => ({ Next })),
    fc.constant<Fields>({ End: true }),
  );
  const shape = (type: string, ...parts: fc.Arbitrary<Fields>[]) =>
    fc.tuple(...parts).map((all): Fields => Object.assign({ Type: type }, ...all) as Fields);
  const assigned = fc.record({
    Assign: jsonata ? fc.record({ v: rendered }) : fc.constantFrom({}, { v: 1 }, { 'v.$': '$' }),
  });
  const output = fc.record({ Output: rendered });
  const paths = fc.record({ InputPath: inputPath, OutputPath: inputPath });
  const before = jsonata ? fc.record({ Arguments: rendered }) : fc.record({ Parameters: template });
  const io = jsonata
    ? output
    : fc.tuple(paths, fc.record({ ResultPath: resultPath })).map(([a, b]): Fields => ({ ...a, ...b }));
  const rule = jsonata
    ? fc.record({ Condition: fc.oneof(braced, fc.boolean()), Next: next })
    : fc
        .record({ Variable: path, Next: next, IsPresent: fc.boolean() })
        .chain(({ IsPresent, ...rest }) =>
          fc.constantFrom<Fields[]>(
            { ...rest, IsPresent },
            { ...rest, NumericGreaterThan: 1 },
            { ...rest, StringMatches: '*a*' },
          ),
        );
  const wait = jsonata
    ? fc.record({ Seconds: number })
    : fc.constantFrom<Fields[]>({ Seconds: 1 }, { SecondsPath: '$.a' }, { TimestampPath: '$.b' });
  const items = jsonata
    ? fc.record({ Items: fc.oneof(braced, fc.constant([1, 2])) })
    : fc.constantFrom<Fields[]>({}, { ItemsPath: '$.list' });
  const selector = fc.constantFrom<Fields[]>(
    {},
    { ItemSelector: jsonata ? { i: '{% $states.context.Map.Item.Index %}' } : { 'i.$': '$$.Map.Item.Value' } },
  );
  return fc.oneof(
    { weight: 3, arbitrary: shape('Pass', io, assigned, way, jsonata ? fc.constant({}) : before) },
    { weight: 3, arbitrary: shape('Task', fc.constant({ Resource: 'r' }), before, io, assigned, way, retriers(next)) },
    {
      weight: 2,
      arbitrary: shape(
        'Choice',
        fc.record({ Choices: fc.array(rule, { minLength: 1, maxLength: 2 }) }),
        fc.oneof(
          next.map((Default): Fields => ({ Default })),
          fc.constant({}),
        ),
      ),
    },
    { weight: 1, arbitrary: shape('Wait', wait, assigned, way) },
    { weight: 1, arbitrary: shape('Succeed') },
    {
      weight: 1,
      arbitrary: shape(
        'Fail',
        jsonata
          ? fc.record({ Error: braced })
          : fc.constantFrom<Fields[]>({ Error: 'E', Cause: 'c' }, { ErrorPath: '$.a' }),
      ),
    },
    {
      weight: 1,
      arbitrary: shape(
        'Parallel',
        fc.record({ Branches: fc.array(inner, { minLength: 1, maxLength: 2 }) }),
        before,
        io,
        assigned,
        way,
        retriers(next),
      ),
    },
    {
      weight: 1,
      arbitrary: shape(
        'Map',
        fc.record({ ItemProcessor: inner, MaxConcurrency: jsonata ? number : fc.constantFrom(0, 1, 2) }),
        items,
        selector,
        io,
        assigned,
        way,
        retriers(next),
      ),
    },
  );
}

function machineOf(jsonata: boolean, depth: number): fc.Arbitrary<Machine> {
  const names = ['A', 'B', 'C'].map((name) => `${name}${depth}`);
  const inner: fc.Arbitrary<Machine> =
    depth === 0 ? fc.constant({ StartAt: 'Z', States: { Z: { Type: 'Succeed' } } }) : machineOf(jsonata, depth - 1);
  return fc.tuple(...names.map(() => stateOf(jsonata, names, inner))).map((states) => ({
    StartAt: names[0] as string,
    States: Object.fromEntries(names.map((name, index) => [name, states[index]])) as unknown as Machine['States'],
  }));
}

const input = fc.oneof(literal, fc.record({ a: literal, b: literal, list: fc.array(literal, { maxLength: 3 }) }));

async function ends(machine: Machine, given: Json, tasks: boolean[]): Promise<void> {
  let call = 0;
  const effects: Effects = {
    now: () => 0,
    random: () => 0.25,
    uuid: () => 'u',
    sleep: async () => undefined,
    async task({ parameters }) {
      if (tasks[call++ % tasks.length]) return parameters;
      throw new StatesError('Odd', 'it failed');
    },
    distributedMap: async () => [],
  };
  const context = { Execution: { Name: 'run' } };
  try {
    // Machines in circles that carry up to 256 KiB around take a minute for all 25,000 events: 1,000 show the same.
    const history = silentHistory(24_000);
    const output = await walk({ machine, input: given, context, history, effects, signal: undefined });
    expect(JSON.parse(JSON.stringify(output))).toEqual(output);
  } catch (error) {
    // Only a failure that has a name: anything else is a fault of the interpreter.
    if (!(error instanceof StatesError)) throw error;
  }
}

describe('any definition ends, with a value or an error that has a name', () => {
  it.each([
    ['JSONPath', false],
    ['JSONata', true],
  ] as const)('%s', async (language, jsonata) => {
    await fc.assert(
      fc.asyncProperty(
        machineOf(jsonata, 1),
        input,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        async (machine, given, tasks) => ends({ ...machine, QueryLanguage: language }, given, tasks),
      ),
      { numRuns: jsonata ? 150 : 400, interruptAfterTimeLimit: 20_000 },
    );
  });
});
