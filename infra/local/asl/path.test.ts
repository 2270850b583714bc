import { describe, expect, it } from 'vitest';
import { maybeResolve, place, resolve, type Scope } from './path.ts';
import { fill } from './template.ts';
import type { Json } from './types.ts';

const scope: Scope = {
  input: {
    a: { b: [10, 20, 30, 40], 'c d': 1, "it's": 2 },
    none: null,
    books: [
      { title: 'X', price: 8, tags: ['new'] },
      { title: 'Y', price: 12 },
      { title: 'Z', price: 20, of: { price: 3 } },
    ],
    été: 'summer',
  },
  context: { Execution: { Name: 'run-1' } },
  variables: { v: { n: 5 }, list: [1, 2], zero: 0 },
};

describe('a path', () => {
  it.each<[string, Json]>([
    ['$.a.b', [10, 20, 30, 40]],
    ['$.a.b[0]', 10],
    ['$.a.b[-1]', 40],
    ["$['a']['c d']", 1],
    ['$["a"]["c d"]', 1],
    ["$.a['it\\'s']", 2],
    ['$.none', null],
    ['$.été', 'summer'],
    ['$.a.b[1:3]', [20, 30]],
    ['$.a.b[:2]', [10, 20]],
    ['$.a.b[-2:]', [30, 40]],
    ['$.a.b[::2]', [10, 30]],
    ['$.a.b[0,2]', [10, 30]],
    ['$.a.b[*]', [10, 20, 30, 40]],
    ["$.books[0]['title','price']", ['X', 8]],
    ['$.books[*].title', ['X', 'Y', 'Z']],
    ['$..price', [8, 12, 20, 3]],
    ['$.books..price', [8, 12, 20, 3]],
    ['$.books[?(@.price < 10)].title', ['X']],
    ["$.books[?(@.title == 'Y' || @.price >= 20)].title", ['Y', 'Z']],
    ['$.books[?(@.tags)].title', ['X']],
    ['$.books[?(!(@.tags) && @.price != 12)].title', ['Z']],
    ["$.books[?(@.of.price == 3)]['title']", ['Z']],
    ['$.books[?(@.price > 100)]', []],
    ['$$.Execution.Name', 'run-1'],
    ['$v.n', 5],
    ['$list[1]', 2],
    ['$zero', 0],
    ['$list[*]', [1, 2]],
  ])('%s', (path, expected) => {
    expect(resolve(path, scope)).toEqual(expected);
  });

  it.each(['$.nope', '$.a.b[9]', '$.a.b.c', '$$.Task.Token', '$v.m', '$.a.toString', '$.a.__proto__'])(
    '%s is not there',
    (path) => {
      expect(maybeResolve(path, scope)).toBeUndefined();
    },
  );

  it.each(['$.', '$.a[', '$.a[x]', 'a.b', '$.a..', '$.a[?(@.x =)]', '$.a[?(@.x == 1]', '$1'])(
    '%s is refused',
    (path) => {
      expect(() => resolve(path, scope)).toThrow(`Invalid path '${path}'`);
    },
  );

  it('that finds nothing names the field and shows the input', () => {
    expect(() => resolve('$.x', { input: { y: 1 }, context: {} }, 'ItemsPath')).toThrow(
      `The JSONPath '$.x' specified for the field 'ItemsPath' could not be found in the input '{"y":1}'`,
    );
    expect(() => resolve('$x.y', { input: {}, context: {} })).toThrow(
      `The variable of the path '$x.y' has not been assigned`,
    );
  });

  it('with filters nested without end is refused', () => {
    expect(() => resolve(`$.a[?(${'('.repeat(5000)}@.x${')'.repeat(5000)})]`, scope)).toThrow('Invalid path');
  });
});

describe('ResultPath', () => {
  it.each<[string, Json, Json, Json]>([
    ['$', { a: 1 }, 2, 2],
    ['$.b', { a: 1 }, 2, { a: 1, b: 2 }],
    ['$.b.c', { a: 1 }, 2, { a: 1, b: { c: 2 } }],
    ['$.a.c', { a: { b: 1 } }, 2, { a: { b: 1, c: 2 } }],
    ['$.a[1]', { a: [1, 2, 3] }, 9, { a: [1, 9, 3] }],
    ["$['x y'].z", null, 1, { 'x y': { z: 1 } }],
  ])('%s', (path, target, value, expected) => {
    const before = structuredClone(target);
    expect(place(path, target, value)).toEqual(expected);
    expect(target).toEqual(before);
  });

  it.each<[string, Json]>([
    ['$.a.b', { a: 5 }],
    ['$.a[7]', { a: [1] }],
    ['$.a', [1]],
  ])('%s does not fit %j', (path, target) => {
    expect(() => place(path, target, 1)).toThrow('States.ResultPathMatchFailure');
  });

  it.each(['$$.x', '$v', '$.a[*]', '$..a', '$.a[0:1]'])('%s is no reference path', (path) => {
    expect(() => place(path, {}, 1)).toThrow('Invalid path');
  });
});

describe('a payload template', () => {
  const effects = { random: () => 0, uuid: () => 'u' };

  it('fills keys that end in .$ at any depth and leaves the rest', () => {
    const template = {
      'n.$': '$v.n',
      'all.$': '$',
      lit: '$.a',
      deep: [{ 'x.$': '$.a.b[0]' }, '$.a'],
      'f.$': "States.Format('{}-{}', $.x, $$.Execution.Name)",
    };
    const filled = fill(template, { ...scope, input: { a: { b: [1] }, x: 'y' } }, effects);
    expect(filled).toEqual({
      n: 5,
      all: { a: { b: [1] }, x: 'y' },
      lit: '$.a',
      deep: [{ x: 1 }, '$.a'],
      f: 'y-run-1',
    });
  });

  it('keeps a key __proto__ a key', () => {
    const filled = fill(
      JSON.parse('{"__proto__": {"x.$": "$.a"}, "k.$": "$.a"}') as Json,
      { input: { a: 1 }, context: {} },
      effects,
    );
    expect(JSON.stringify(filled)).toBe('{"__proto__":{"x":1},"k":1}');
  });

  it('refuses a value that is neither path nor function', () => {
    expect(() => fill({ 'a.$': 'plain' }, scope, effects)).toThrow('must be a JSONPath or an intrinsic function');
  });
});
