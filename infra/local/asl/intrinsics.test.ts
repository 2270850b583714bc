import { describe, expect, it } from 'vitest';
import { evaluateIntrinsic } from './intrinsics.ts';
import type { Json } from './types.ts';

const scope = {
  input: {
    list: [1, 2, 3, 4, 5],
    text: 'a,b.c',
    obj: { k: 1, j: [2] },
    other: { k: 2, l: { m: 1 } },
    json: '{"x":[1]}',
  },
  context: {},
  variables: { name: 'Vega' },
};
const effects = { random: () => 0.5, uuid: () => 'ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8' };
const value = (source: string) => evaluateIntrinsic(source, scope, effects);

describe('an intrinsic function', () => {
  it.each<[string, Json]>([
    ["States.Format('Hello, {} {}.', $name, 7)", 'Hello, Vega 7.'],
    ["States.Format('{} {} {}', null, true, $.obj)", 'null true {"k":1,"j":[2]}'],
    ["States.Format('it\\'s \\{\\} \\\\ {}', 1)", "it's {} \\ 1"],
    ["States.Format('no argument')", 'no argument'],
    ['States.StringToJson($.json)', { x: [1] }],
    ["States.StringToJson('null')", null],
    ['States.JsonToString($.obj)', '{"k":1,"j":[2]}'],
    ['States.Array()', []],
    ["States.Array(1, 'a', $.obj.k, null, false)", [1, 'a', 1, null, false]],
    ['States.ArrayPartition($.list, 2)', [[1, 2], [3, 4], [5]]],
    ['States.ArrayPartition($.list, 2.4)', [[1, 2], [3, 4], [5]]],
    ['States.ArrayContains($.list, 3)', true],
    ['States.ArrayContains($.list, 9)', false],
    [
      'States.ArrayContains(States.Array(States.StringToJson(\'{"a":1,"b":2}\')), States.StringToJson(\'{"b":2,"a":1}\'))',
      true,
    ],
    ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['States.ArrayRange(3, 1, -1)', [3, 2, 1]],
    ['States.ArrayRange(1, 1, 1)', [1]],
    ['States.ArrayGetItem($.list, 4)', 5],
    ['States.ArrayLength($.list)', 5],
    ['States.ArrayUnique(States.Array(1, 2, 1, $.obj, $.obj))', [1, 2, { k: 1, j: [2] }]],
    ["States.Base64Encode('Data to encode')", 'RGF0YSB0byBlbmNvZGU='],
    ["States.Base64Decode('RGVjb2RlZCBkYXRh')", 'Decoded data'],
    ["States.Hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ["States.Hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ['States.JsonMerge($.obj, $.other, false)', { k: 2, j: [2], l: { m: 1 } }],
    ['States.MathRandom(1, 999)', 500],
    ['States.MathRandom(0.6, 1.4)', 1],
    ['States.MathAdd(111, -1)', 110],
    ["States.StringSplit('1,2,3,4,5', ',')", ['1', '2', '3', '4', '5']],
    ["States.StringSplit('This.is+a,test=string', '.+,=')", ['This', 'is', 'a', 'test', 'string']],
    ['States.UUID()', 'ca4c1140-dcc1-40cd-ad05-7b4aa23df4a8'],
    ["States.Format('{}', States.ArrayGetItem(States.StringSplit($.text, '.'), 1))", 'c'],
    ["States.Array($.list[?(@ > 3)], $['text'])", [[4, 5], 'a,b.c']],
    ['States.ArrayLength( $.list[0:2] )', 2],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it.each([
    "States.Format('{} {}', 1)",
    'States.Format(1)',
    "States.Format('{}', 1, 2)",
    "States.StringToJson('{')",
    'States.ArrayPartition($.list, 0)',
    "States.ArrayPartition('x', 2)",
    'States.ArrayRange(1, 5000, 1)',
    'States.ArrayRange(1, 5, 0)',
    'States.ArrayGetItem($.list, 5)',
    "States.ArrayLength('x')",
    `States.Base64Encode('${'x'.repeat(10_001)}')`,
    "States.Hash('x', 'SHA-2')",
    'States.JsonMerge($.obj, $.other, true)',
    'States.JsonMerge($.obj, $.list, false)',
    "States.MathAdd('1', 2)",
    'States.Unknown()',
    'States.constructor()',
    'States.UUID() x',
    "States.Format('open)",
    'States.Array(1 2)',
    'States.Array(x)',
    `${'States.Array('.repeat(11)}1${')'.repeat(11)}`,
  ])('%.60s fails', (source) => {
    expect(() => value(source)).toThrow('States.IntrinsicFailure');
  });

  it('whose path finds nothing fails the execution and names both', () => {
    expect(() => value('States.Array($.nope)')).toThrow(
      "States.Runtime: The function 'States.Array($.nope)' had the following error: The JsonPath argument for the field '$.nope' could not be found",
    );
  });

  it('States.MathRandom gives the same for the same seed', () => {
    expect(value('States.MathRandom(1, 1000000, 7)')).toBe(value('States.MathRandom(1, 1000000, 7)'));
    expect(value('States.MathRandom(1, 1000000, 7)')).not.toBe(value('States.MathRandom(1, 1000000, 8)'));
  });

  it('may be nested ten deep', () => {
    expect(value(`${'States.Array('.repeat(10)}1${')'.repeat(10)}`)).toEqual([[[[[[[[[[1]]]]]]]]]]);
  });
});
