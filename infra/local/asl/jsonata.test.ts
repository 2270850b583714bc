import { describe, expect, it } from 'vitest';
import { BoundedRegExp } from '../sfn/bounded-regexp.ts';
import { render } from './jsonata.ts';
import type { Scope } from './path.ts';
import type { Json, StatesError } from './types.ts';

const effects = {
  random: () => 0.5,
  uuid: () => '7c1b1e34-8a5e-4a53-9e0f-3f6c1d3b2a10',
  RegExp: BoundedRegExp as RegExpConstructor,
};
const scope: Scope = {
  input: { name: 'Vega', count: 3, list: [1, 2, 3, 4, 5], none: null, text: 'abcdefghijklmnopqrstuvwxyz' },
  context: { Execution: { Name: 'run-1' } },
  variables: { limit: 7, half: { of: 2 } },
  result: { Payload: { ok: true } },
};
const value = (expression: string): Promise<Json> => render(`{% ${expression} %}`, 'Output', scope, effects);
const failure = async (template: Json, field = 'Output'): Promise<StatesError> =>
  render(template, field, scope, effects).then(
    (found) => expect.fail(`expected an error, got ${JSON.stringify(found)}`),
    (error: unknown) => error as StatesError,
  );

describe('JSONata expressions', () => {
  it.each<[string, Json]>([
    ['$states.input.name', 'Vega'],
    ['$states.context.Execution.Name', 'run-1'],
    ['$states.result.Payload.ok', true],
    ['$limit * $half.of', 14],
    ['$states.input.none', null],
    ["$states.input.name & '!'", 'Vega!'],
    ['$sum($states.input.list)', 15],
    ['$states.input.list[$ > 3]', [4, 5]],
    ["{'a': $states.input.count}", { a: 3 }],
    ['[]', []],
    ['1/0', 'Infinity'],
    // Functions of Step Functions
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1,2,3,4,5], 2.9)', [[1, 2], [3, 4], [5]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(-1.7, 1, 1)', [-1, 0, 1]],
    ['$range(4, 4, 1)', 4],
    ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$random()', 0.5],
    ['$random(42) = $random(42) and $random(42) != $random(43)', true],
    ['$random(42) >= 0 and $random(42) < 1', true],
    ['$uuid()', '7c1b1e34-8a5e-4a53-9e0f-3f6c1d3b2a10'],
    ['$parse(\'{"a": [1]}\').a', [1]],
    ["$pad('x', -3, '0')", '00x'],
    ['$contains($states.input.text, /lmn/)', true],
    ["$replace('one two three four', /o/, '0')", '0ne tw0 three f0ur'],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it('are replaced wherever they stand; all else is literal', async () => {
    const template = {
      a: '{% $limit %}',
      b: [' {% $limit %}', { c: '{% $states.input.name %}' }],
      'd.$': '$.x',
      e: null,
    };
    expect(await render(template, 'Output', scope, effects)).toEqual({
      a: 7,
      b: [' {% $limit %}', { c: 'Vega' }],
      'd.$': '$.x',
      e: null,
    });
  });

  it.each<[string, string]>([
    [
      '$states.input.missing',
      "The JSONata expression '$states.input.missing' specified for the field 'Output' returned nothing (undefined).",
    ],
    [
      "$error('no')",
      "The JSONata expression '$error('no')' specified for the field 'Output' threw an error during evaluation. D3137: no",
    ],
    [
      "$eval('1')",
      "The JSONata expression '$eval('1')' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function",
    ],
  ])('%s fails with its cause', async (expression, cause) => {
    expect(await failure(`{% ${expression} %}`)).toMatchObject({ error: 'States.QueryEvaluationError', cause });
  });

  it.each([
    '$partition([1], 0)',
    '$partition([], 2)',
    '$range(1, 5)',
    '$range(1, 5, -1)',
    '$range(1, 5, 0)',
    "$hash('a')",
  ])('%s is nothing', async (expression) => {
    expect((await failure(`{% ${expression} %}`)).cause).toContain('returned nothing (undefined)');
  });

  it.each<[string, string]>([
    ['$sum', 'the result is a function'],
    ['function($x){ $x }', 'the result is a function'],
    ["$hash('a', 'SHA-3')", 'SHA-256'],
    ["$parse('{')", 'not valid JSON'],
    ["$abs('x')", 'T0410'],
    ['a[1,2)', 'S0202'],
  ])('%s fails and says why', async (expression, part) => {
    expect((await failure(`{% ${expression} %}`)).cause).toContain(part);
  });

  it('name the place of the expression', async () => {
    const error = await failure({ a: [1, { b: '{% $nope %}' }] }, 'Catch[1]/Output');
    expect(error).toMatchObject({ location: 'Catch[1]/Output/a[1]/b' });
    expect(error.cause).toContain("for the field 'Catch[1]/Output/a[1]/b'");
  });
});

describe('an expression without end is stopped', () => {
  it.each<[string, string, string]>([
    ['loop', '( $f := function($x){ $f($x + 1) }; $f(0) )', 'Expression evaluation timeout'],
    ['recursion', '( $f := function($n){ $n <= 0 ? 0 : 1 + $f($n - 1) }; $f(32) )', 'Stack overflow error'],
    [
      'regular expression',
      "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', /(a+)+$/)",
      'Expression evaluation timeout',
    ],
    ['sequence', '[1..900000] ~> $count()', 'memory limit exceeded'],
    ['range', '$range(1, 1000000, 1)', 'memory limit exceeded'],
    ['text', "( $f := function($s){ $f($s & $s) }; $f('x') )", 'memory limit exceeded'],
    ['result', "[1..500000].{'a': 'some text of some length'}", 'evaluation'],
    ['padding', "$pad('x', 1000000000)", 'memory limit exceeded'],
  ])('%s', async (_, expression, part) => {
    expect((await failure(`{% ${expression} %}`)).cause).toContain(part);
  });

  it('and lets everything else go on in between', async () => {
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    await Promise.all(Array.from({ length: 400 }, () => value('$sum($map([1..500], function($x){ $x }))')));
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(2);
  });

  it('and does not take the time of the others', async () => {
    const all = Array.from({ length: 300 }, (_, index) => value(`$sum($map([1..200], function($x){ $x * ${index} }))`));
    expect((await Promise.all(all))[2]).toBe(40_200);
  });
});
