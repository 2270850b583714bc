import { describe, expect, it } from 'vitest';
import { holds } from './choice.ts';
import type { ChoiceRule, Json } from './types.ts';

const check = (rule: ChoiceRule, input: Json) =>
  holds(rule, { input, context: { Execution: { Name: 'run' } }, variables: { v: 5 } });
const early = '2016-08-18T17:33:00Z';
const late = '2016-08-18T17:34:00Z';

describe('a comparison', () => {
  it.each<[string, Json, Json, boolean]>([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'b', false],
    ['StringEquals', 1, '1', false],
    ['StringLessThan', 'a', 'b', true],
    ['StringGreaterThan', 'b', 'a', true],
    ['StringLessThanEquals', 'a', 'a', true],
    ['StringGreaterThanEquals', 'A', 'a', false],
    ['StringMatches', 'log-2026.txt', 'log-*.txt', true],
    ['StringMatches', 'log-2026.txt', 'log-*.tx', false],
    ['StringMatches', 'anything', '*', true],
    ['StringMatches', '', '*', true],
    ['StringMatches', 'a*b', 'a\\*b', true],
    ['StringMatches', 'axb', 'a\\*b', false],
    ['StringMatches', 'a\\b', 'a\\\\b', true],
    ['StringMatches', 'a.b', 'a.b', true],
    ['StringMatches', 'axb', 'a.b', false],
    ['StringMatches', 'two\nlines', 'two*lines', true],
    ['StringMatches', 'abcabc', '*bc', true],
    ['StringMatches', 7, '*', false],
    ['NumericEquals', 1, 1.0, true],
    ['NumericEquals', '1', 1, false],
    ['NumericLessThan', 1, 2, true],
    ['NumericGreaterThan', 1, 2, false],
    ['NumericLessThanEquals', 2, 2, true],
    ['NumericGreaterThanEquals', 3, 2, true],
    ['BooleanEquals', true, true, true],
    ['BooleanEquals', 'true', true, false],
    ['TimestampEquals', '2016-08-18T19:33:00+02:00', early, true],
    ['TimestampLessThan', early, late, true],
    ['TimestampGreaterThan', early, late, false],
    ['TimestampLessThanEquals', early, early, true],
    ['TimestampGreaterThanEquals', late, early, true],
    ['TimestampEquals', 'yesterday', early, false],
    ['TimestampEquals', 0, early, false],
    ['IsNull', null, true, true],
    ['IsNull', 0, true, false],
    ['IsNumeric', 1.5, true, true],
    ['IsNumeric', '1', true, false],
    ['IsNumeric', '1', false, true],
    ['IsString', 'x', true, true],
    ['IsBoolean', false, true, true],
    ['IsTimestamp', early, true, true],
    ['IsTimestamp', '2016-08-18T17:33:00.123456Z', true, true],
    ['IsTimestamp', '2016-08-18', true, false],
    ['IsTimestamp', '2016-08-18t17:33:00z', true, false],
    ['IsTimestamp', '2016-13-18T17:33:00Z', true, false],
    ['IsTimestamp', '2016-02-29T17:33:00Z', true, true],
    ['IsTimestamp', '2015-02-29T17:33:00Z', true, false],
    ['IsPresent', null, true, true],
  ])('%s of %j and %j is %s', (operator, value, operand, expected) => {
    expect(check({ Variable: '$.x', [operator]: operand }, { x: value })).toBe(expected);
    const withPath = !operator.startsWith('Is') && operator !== 'StringMatches';
    if (withPath)
      expect(check({ Variable: '$.x', [`${operator}Path`]: '$.y' }, { x: value, y: operand })).toBe(expected);
  });

  it('reads variables and the context object', () => {
    expect(check({ Variable: '$v', NumericEquals: 5 }, {})).toBe(true);
    expect(check({ Variable: '$.x', NumericEqualsPath: '$v' }, { x: 5 })).toBe(true);
    expect(check({ Variable: '$$.Execution.Name', StringEquals: 'run' }, {})).toBe(true);
  });

  it('StringMatches with many asterisks does not go back without end', () => {
    expect(check({ Variable: '$', StringMatches: `${'*a'.repeat(40)}b` }, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('rules', () => {
  const present = { Variable: '$.x', IsPresent: true };
  const above = { Variable: '$.x', NumericGreaterThan: 3 };

  it.each<[ChoiceRule, Json, boolean]>([
    [{ And: [present, above] }, { x: 4 }, true],
    [{ And: [present, above] }, { x: 2 }, false],
    [{ And: [present, above] }, {}, false],
    [{ Or: [{ Not: present }, above] }, {}, true],
    [{ Or: [{ Not: present }, above] }, { x: 3 }, false],
    [{ Not: { Not: above } }, { x: 4 }, true],
    [{ Variable: '$.x', IsPresent: false }, {}, true],
    [{ Variable: '$nope', IsPresent: false }, {}, true],
  ])('%j with %j is %s', (rule, input, expected) => {
    expect(check(rule, input)).toBe(expected);
  });

  it('whose variable is not there fail', () => {
    expect(() => check(above, {})).toThrow(
      "States.Runtime: Invalid path '$.x': The choice state's condition path references an invalid value.",
    );
  });

  it('without an operator fail', () => {
    expect(() => check({ Variable: '$.x', constructor: 1 } as ChoiceRule, { x: 1 })).toThrow('no comparison operator');
  });
});
