import { expect, test } from 'vitest';
import { parseModelPackage } from './parse-model-package.ts';

const whole = {
  version: 1,
  name: 'm',
  onnx: 'm.onnx',
  inputs: [{ name: 'x', tensor: 'x' }],
  outputs: [{ name: 'y', column: 'y' }],
};
const input = (changes: object) => ({ inputs: [{ name: 'x', tensor: 'x', ...changes }] });

test.each<[string, object, string, string]>([
  ['nothing said of the version', { version: undefined }, 'version', 'is missing; it must be 1'],
  ['a later version', { version: 2 }, 'version', 'must be 1, not 2'],
  ['no name', { name: undefined }, 'name', 'is missing'],
  ['no inputs', { inputs: [] }, 'inputs', 'must have at least one'],
  ['a crop of one side', input({ crop: [32] }), 'inputs.0.crop', 'must be a list of 2, not [32]'],
  ['a crop of three sides', input({ crop: [32, 32, 3] }), 'inputs.0.crop', 'must be a list of 2, not [32,32,3]'],
  [
    'weights named twice',
    { external_data: ['w', 'w'] },
    'external_data.1',
    '"w" is there twice; name each file of the graph once',
  ],
  [
    'the graph among its weights',
    { external_data: ['m.onnx'] },
    'external_data.0',
    '"m.onnx" is there twice; name each file of the graph once',
  ],
  ['an empty list', input({ scale: [] }), 'inputs.0.scale', 'must have at least one'],
])('%s: said in words', (_, changes, field, message) => {
  const { problems } = parseModelPackage(JSON.stringify({ ...whole, ...changes }));
  expect(problems).toEqual([{ field, message }]);
});

test('the mark of its encoding that a file may begin with is no part of its text', () => {
  expect(parseModelPackage(`\uFEFF${JSON.stringify(whole)}`).value).toMatchObject(whole);
});

test.each([
  [JSON.stringify({ ...whole, outputs: [] }), whole.name],
  [JSON.stringify({ name: 7 }), null],
  ['null', null],
  ['{', null],
])('what is wrong with a package is told under its name, where it says one: %s', (text, name) => {
  expect(parseModelPackage(text)).toMatchObject({ problems: expect.any(Array), name });
});
