import { afterAll, expect, test } from 'vitest';
import { openChecker, wordsOf } from './check-package.fixture.ts';

// Packages with a script.

const { check, predicted, close } = openChecker();
afterAll(close);

const outputs = [{ name: 'y', column: 'y' }];
const fromScript = { inputs: [{ name: 'x' }], outputs, reads: ['flux', 'id'] };

test('a script makes inputs of tensors and columns of outputs, sync or async', async () => {
  const script = `
    export function preprocess({ flux, id }, { rank, file, firstRow, rows }) {
      if (rank !== 0 || !file.endsWith('rows.safetensors') || id.data.length !== rows) throw new Error('wrong context');
      const data = new Float32Array(rows * 2);
      for (let row = 0; row < rows; row++) data.set([flux.data[row], firstRow + row], 2 * row);
      return { x: { data, dims: [rows, 2] } };
    }
    export async function postprocess({ y }, { rows, tensors }) {
      const sum = Array.from({ length: rows }, (_, row) => y.data[2 * row] + y.data[2 * row + 1] + Number(tensors.id.data[row]));
      return new Map([['sum', sum]]);
    }`;
  const described = { ...fromScript, outputs: [...outputs, { column: 'sum', unit: 'count' }] };
  const rows = await predicted(described, { script });
  expect(rows).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i, i, 100 + 3 * i]));
});

test('an input that the script makes may have more rows than the batch, such as one that it fills up', async () => {
  const script = `
    export function preprocess({ pair }) {
      const data = new Float32Array(32);
      data.set(pair.data);
      return { x: { data, dims: [16, 2] } };
    }
    export const postprocess = ({ y }, { rows }) => ({ y: { data: y.data.subarray(0, 2 * rows), dims: [rows, 2] } });`;
  const described = { inputs: [{ name: 'x', tensor: 'pair' }], outputs };
  const { trial } = await check(described);
  expect((await check(described, { onnx: 'fixed-batch', script })).trial?.rows).toEqual(trial?.rows);
});

test('an input that the script leaves out is made of its tensor; one that it returns need not fit', async () => {
  const script = `export const preprocess = ({ cube }, { rows }) => ({ x: { data: new Float32Array(2 * rows).fill(cube.dims[1]), dims: [rows, 2] } });`;
  const described = {
    inputs: [
      { name: 'x', tensor: 'cube' },
      { name: 'z', tensor: 'flux', scale: 10 },
    ],
    outputs: [
      { name: 'scores', column: 's' },
      { name: 'twice', column: 't' },
    ],
  };
  const rows = await predicted(described, { onnx: 'classes', script });
  expect(rows[1]).toEqual([4, 4, 4, 20]);
});

test.each(['none', 'argmax'])('an output without values is refused; reduced by: %s', async (reduce) => {
  const described = { ...fromScript, outputs: [{ name: 'y', column: 'y', reduce }] };
  const preprocess =
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float32Array(0), dims: [rows, 0] } });';
  expect(wordsOf(await check(described, { script: preprocess }))).toEqual([
    expect.stringMatching(/^error .*rows.safetensors: output y is \[4, 0\], which holds no values$/),
  ]);
  const postprocess = `${preprocess}\nexport const postprocess = (_, { rows }) => ({ y: { data: [], dims: [rows, 0] } });`;
  expect(wordsOf(await check(described, { script: postprocess }))).toEqual([
    expect.stringMatching(
      /: postprocess of steps.mjs failed on rows 0 to 3: column y has dims \[4, 0\], which hold no values$/,
    ),
  ]);
});

test.each([
  [
    'throws',
    'export function preprocess() {\n  null.x;\n}',
    "preprocess of steps.mjs failed on rows 0 to 3: TypeError: Cannot read properties of null (reading 'x') (steps.mjs:2:8)",
  ],
  [
    'returns nothing',
    'export function preprocess() {}',
    'preprocess of steps.mjs failed on rows 0 to 3: it returned nothing; it must return an object of tensors by input name',
  ],
  ...(
    [
      ['null', 'null'],
      ['[1]', 'an array'],
      ['new Float32Array(8)', 'a Float32Array'],
      ['7', 'a number'],
    ] as const
  ).map(([value, kind]): [string, string, string] => [
    `returns ${value}`,
    `export const preprocess = () => (${value});`,
    `it returned ${kind}; it must return an object of tensors by input name`,
  ]),
  [
    'returns another input',
    'export const preprocess = () => ({ X: 1 });',
    'it returned X, which is no input of the ONNX graph; it has: x',
  ],
  ['leaves the input out', 'export const preprocess = () => ({});', 'it did not return input x; it returned: none'],
  [
    'returns another type',
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float64Array(2 * rows), dims: [rows, 2] } });',
    'input x is float32, its data is a Float64Array (float64)',
  ],
  [
    'returns dims that are not those of the data',
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float32Array(rows), dims: [rows, 2] } });',
    'input x: dims [4, 2] are 8 values, data has 4',
  ],
  [
    'returns too few rows',
    'export const preprocess = () => ({ x: { data: new Float32Array(2), dims: [1, 2] } });',
    'input x must have 4 rows like the batch, its dims are [1, 2]',
  ],
  [
    'returns another rank',
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float32Array(rows), dims: [rows] } });',
    'input x is [n, k], its dims are [4]',
  ],
  [
    'returns a column that is not listed',
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float32Array(2 * rows), dims: [rows, 2] } });\nexport const postprocess = () => ({ z: [1] });',
    'postprocess of steps.mjs failed on rows 0 to 3: it returned column z, which "outputs" of model.json does not have; it has: y',
  ],
  [
    'returns a column of another length',
    'export const preprocess = (_, { rows }) => ({ x: { data: new Float32Array(2 * rows), dims: [rows, 2] } });\nexport const postprocess = () => ({ y: [1] });',
    'column y has 1 rows for a batch of 4',
  ],
  ['is no module', 'export function (', 'error steps.mjs: it cannot be loaded: '],
  [
    'exports neither function',
    'export const prepare = 1;',
    'error steps.mjs: it exports prepare; it must export preprocess, postprocess or both',
  ],
  [
    'has no preprocess for an input without tensor',
    'export const postprocess = () => ({});',
    'input x has no "tensor" in model.json, and the script exports no preprocess',
  ],
])('a script that %s: script, function and file are named', async (_, script, message) => {
  expect(wordsOf(await check(fromScript, { script })).join('\n')).toContain(message);
});
