import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openChecker, wordsOf } from './check-package.fixture.ts';

const { check, predicted, close } = openChecker();
afterAll(close);

const outputs = [{ name: 'y', column: 'y' }];

test.each([
  ['float64', [2.5, -1.5], [300, -300], [0.1, 0.2]],
  ['float16', [2.5, -1.5], [300, -300], [0.1, 0.2]],
  ['int8', [2, -1], [127, -128], [0, 0]],
  ['uint8', [2, 0], [255, 0], [0, 0]],
  ['int16', [2, -1], [300, -300], [0, 0]],
  ['uint16', [2, 0], [300, 0], [0, 0]],
  ['int32', [2, -1], [300, -300], [0, 0]],
  ['uint32', [2, 0], [300, 0], [0, 0]],
  ['int64', [2, -1], [300, -300], [0, 0]],
  ['uint64', [2, 0], [300, 0], [0, 0]],
  ['bool', [1, 1], [1, 1], [1, 1]],
])('float32 data feeds an input of %s, cut off and held within its range', async (kind, third, fifth, last) => {
  const rows = await predicted({ inputs: [{ name: 'x', tensor: 'pair' }], outputs }, { onnx: `same-${kind}` });
  const near = (row: number[]) => row.map((value) => expect.closeTo(value, 3));
  expect([rows[2], rows[4], rows[5]]).toEqual([third, fifth, last].map(near));
});

test('weights of 16 bits are multiplied where samples are not in front, too', async () => {
  const rows = await predicted({ inputs: [{ name: 'x', tensor: 'pair' }], outputs }, { onnx: 'half-precision' });
  expect(rows[2]).toEqual([5, -1.5]);
});

test('whole numbers of 64 bits stay exact', async () => {
  const big = { inputs: [{ name: 'x', tensor: 'big' }], outputs };
  expect((await check(big, { onnx: 'same-int64' })).trial?.rows[0]).toEqual(['0', '9007199254740993', '-1']);
  expect((await check(big, { onnx: 'same-uint64' })).trial?.rows[0]).toEqual(['0', '9007199254740993', '0']);
});

test('an image stored as rows x columns x bands is cut at its centre, turned round and standardized by band', async () => {
  const input = {
    name: 'x',
    tensor: 'cube',
    layout: { from: 'nhwc', to: 'nchw' },
    crop: [2, 2],
    mean: [0, 10, 20],
    std: [1, 2, 4],
  };
  const [first] = await predicted({ inputs: [input], outputs }, { onnx: 'same-image' });
  // Pixel (y, x) of band c of the first image is (6y + x) * 3 + c; the centre of 4 x 6 begins at (1, 2).
  const pixels = (band: number) =>
    [
      [1, 2],
      [1, 3],
      [2, 2],
      [2, 3],
    ].map(([y = 0, x = 0]) => (6 * y + x) * 3 + band);
  expect(first).toEqual([...pixels(0), ...pixels(1).map((p) => (p - 10) / 2), ...pixels(2).map((p) => (p - 20) / 4)]);
});

test('as many rows as a batch has samples are no row for each of them where they are as many for any batch', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-rows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = path.join(folder, 'eight.csv');
  writeFileSync(data, `a,b\n${'1,2\n'.repeat(8)}`);
  const found = await check(
    { inputs: [{ name: 'x', tensor: 'a, b' }], outputs },
    { onnx: 'eight-rows', batch: 8, data },
  );
  expect(wordsOf(found)).toEqual([
    expect.stringMatching(/output y is \[8\] for a batch of 8, but has not a row for each sample where fewer/),
  ]);
});

test('a package whose model.json is wrong has its name all the same', async () => {
  const wrong = await check({ name: 'galaxies', inputs: [], outputs });
  expect(wrong.name).toBe('galaxies');
  expect(wordsOf(wrong)).toEqual(['error model.json, inputs: must have at least one']);
});

test('scale and offset go column by column where they are lists', async () => {
  const rows = await predicted({ inputs: [{ name: 'x', tensor: 'pair', scale: [2, 10], offset: [1, 0] }], outputs });
  expect(rows.slice(0, 3)).toEqual([
    [1, 10],
    [3, 0],
    [6, -15],
  ]);
});

const classes = [
  { name: 'x', tensor: 'pair' },
  { name: 'z', tensor: 'flux' },
];

test('an output is reduced as model.json says, also in two ways', async () => {
  const reduced = [
    { name: 'scores', column: 'class', reduce: 'argmax' },
    { name: 'scores', column: 'sure', reduce: ['softmax', 'max'] },
    { name: 'scores', column: 'mean', reduce: 'mean' },
    { name: 'twice', column: 'p', reduce: 'sigmoid' },
  ];
  const rows = await predicted({ inputs: classes, outputs: reduced }, { onnx: 'classes' });
  // Scores of (0, 1): 0, 1, 2; of (1, 0): 1, 0, -1.
  const sure = Math.exp(2) / (1 + Math.E + Math.exp(2));
  expect(rows.slice(0, 2)).toEqual([
    [2, expect.closeTo(sure, 6), 1, 0.5],
    [0, expect.closeTo(sure, 6), 0, expect.closeTo(1 / (1 + Math.exp(-2)), 6)],
  ]);
});

test('weights in a file beside the graph are used where model.json names it, and asked for where not', async () => {
  const inputs = [{ name: 'x', tensor: 'pair' }];
  const files = ['external.onnx.data'];
  const described = { inputs, outputs, external_data: files };
  expect((await predicted(described, { onnx: 'external', files }))[0]).toEqual([0, 1, 2]);
  expect(wordsOf(await check({ inputs, outputs }, { onnx: 'external' }))).toEqual([
    'error external.onnx: its weights lie in external.onnx.data: name it in "external_data" of model.json and put it into the folder, or export the model into one file',
  ]);
});

const inFolder =
  'its weights lie in data/weights, and a package has no folders; save the model again with them in a file beside it, which it names without a path';

test.each([
  [
    'is empty, as PyTorch leaves it beside a small graph',
    { external_data: ['same.data'] },
    { empty: ['same.data'] },
    'error same-float32.onnx: same.data is empty; if the weights are in the graph, take it out of "external_data" of model.json',
  ],
  [
    'is not the one that the graph names',
    { external_data: ['rows.safetensors'] },
    { onnx: 'external', files: ['rows.safetensors'] },
    'error external.onnx: its weights lie in external.onnx.data: name it in "external_data" of model.json and put it into the folder, or export the model into one file',
  ],
  ['lies in a folder', {}, { onnx: 'external-folder' }, `error external-folder.onnx: ${inFolder}`],
  [
    'lies in a folder, though named',
    { external_data: ['rows.safetensors'] },
    { onnx: 'external-folder', files: ['rows.safetensors'] },
    `error external-folder.onnx: ${inFolder}`,
  ],
])('a file of weights that %s: said in words', async (_, manifest, options, message) => {
  const described = { inputs: [{ name: 'x', tensor: 'pair' }], outputs, ...manifest };
  expect(wordsOf(await check(described, options))).toEqual([message]);
});

test('everything that does not fit is said at once', async () => {
  const result = await check(
    {
      inputs: [
        { name: 'x', tensor: 'cube', crop: [9, 9], dtype: 'float64' },
        { name: 'w', tensor: 'nothing' },
      ],
      outputs: [{ name: 'class', column: 'class' }],
      id: 'name',
      truth: [{ column: 'class', tensor: 'label' }],
    },
    { onnx: 'classes' },
  );
  const words = wordsOf(result);
  expect(words).toEqual([
    'error classes.onnx: model.json names input w; the ONNX graph has: x, z',
    'error classes.onnx: the model also needs input z; add it to "inputs" of model.json',
    'error classes.onnx: model.json names output class; the ONNX graph has: scores, twice',
    'error input x: input x is float32 in the ONNX graph but float64 in model.json; set "dtype": "float32", or leave it out',
    'error input x: cannot crop [4, 6, 3] of tensor cube to 9 x 9: it has 6 x 3 pixels',
    expect.stringMatching(/^error input w: no tensor nothing for model input w; the file has: .*pair float32 \[6, 2\]/),
    expect.stringMatching(/^warning id: no tensor name for the ids: predictions have no id then/),
    expect.stringMatching(/^warning truth of class: no tensor label for the truth of class: there are no metrics then/),
  ]);
  expect(result.trial).toBeNull();
});

test.each([
  [
    'shapes',
    { inputs: [{ name: 'x', tensor: 'cube' }], outputs },
    {},
    'tensor cube [6, 4, 6, 3] does not fit model input x [n, k]: one sample is [4, 6, 3]',
  ],
  [
    'a graph for one batch size whose samples interact',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs, samples_interact: true },
    { onnx: 'fixed-batch' },
    'input x [16, 2] of the ONNX graph was exported for batches of exactly 16',
  ],
  [
    'an input type that nothing can feed',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs },
    { onnx: 'same-bfloat16' },
    'an input or output is bfloat16, which ONNX Runtime for Node cannot take',
  ],
  [
    'lists of another length',
    { inputs: [{ name: 'x', tensor: 'pair', scale: [1, 2, 3] }], outputs },
    {},
    'scale of input x has 3 values, tensor pair has 2 channels',
  ],
  [
    'a layout of another rank',
    { inputs: [{ name: 'x', tensor: 'pair', layout: { from: 'nhwc' } }], outputs },
    {},
    'layout "nhwc" names 4 dimensions, the tensor has 2',
  ],
  [
    'tensors that do not agree',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs, id: 'short' },
    {},
    'has 6 samples, short [4] has 4',
  ],
  [
    'outputs without a row per sample',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs },
    { onnx: 'batch-mean' },
    'output y is [1, 2] for a batch of 4; its first dimension must be 4',
  ],
  [
    'an output that is a sequence of maps',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs: [{ name: 'p', column: 'p' }] },
    { onnx: 'zipmap', data: null },
    'output p of the ONNX graph is no tensor (a sequence or a map), which cannot be read; scikit-learn\'s converter makes a tensor of it with options={"zipmap": False}',
  ],
  [
    'two columns of one name',
    {
      inputs: classes,
      outputs: [
        { name: 'scores', column: 'p' },
        { name: 'twice', column: 'p_1' },
      ],
    },
    { onnx: 'classes' },
    'two columns of the predictions would be named p_1',
  ],
  [
    'an operator that there is no code for',
    { inputs: [{ name: 'x', tensor: 'pair' }], outputs },
    { onnx: 'erf-float64' },
    'no code for operator Erf with values of the type that it gets here; export the model in float32',
  ],
  [
    'a file that is no graph',
    { onnx: 'model.onnx', inputs: [{ name: 'x', tensor: 'pair' }], outputs },
    {},
    'model.json names model.onnx, which is not in the folder',
  ],
])('%s: said in words', async (_, manifest, options, message) => {
  const words = wordsOf(await check(manifest, options)).join('\n');
  expect(words).toContain(message);
  expect(words.split(message).length, words).toBe(2);
});

test('predictions that are no numbers are counted', async () => {
  const described = (tensor: string) => ({ inputs: [{ name: 'x', tensor }], outputs });
  expect(wordsOf(await check(described('flux'), { onnx: 'divides' }))).toEqual([
    'warning column y: 1 of 6 predictions are NaN or infinite',
  ]);
  expect(wordsOf(await check(described('zero'), { onnx: 'divides' }))).toEqual([
    'error column y: all 6 predictions are NaN or infinite',
  ]);
});

test('a model whose samples interact is told from one whose do not, unless model.json says so', async () => {
  const described = { inputs: [{ name: 'x', tensor: 'pair' }], outputs };
  expect(wordsOf(await check(described, { onnx: 'centred' }))).toEqual([
    expect.stringMatching(
      /^warning samples_interact: computed beside other samples, .* differ by [\d.]+ % of the largest/,
    ),
  ]);
  expect(wordsOf(await check({ ...described, samples_interact: true }, { onnx: 'centred' }))).toEqual([]);
});

test.each([
  ['fixed-batch', 'exactly 16 samples at a time, whatever the batch size: what is missing is filled up'],
  ['one-sample', 'one sample at a time, whatever the batch size'],
])('a graph that was exported for one batch size computes batches of any: %s', async (onnx, words) => {
  const described = { inputs: [{ name: 'x', tensor: 'pair' }], outputs };
  const remedy = 'exported with a dynamic first dimension it may be faster';
  const script = `export function preprocess({ pair }) { return { x: pair }; }`;
  const { trial } = await check(described, { batch: 6 });
  for (const more of [{ batch: 4 }, { batch: 6 }, { batch: 4, script }]) {
    const result = await check(described, { onnx, ...more });
    expect(wordsOf(result)).toEqual([`warning ${onnx}.onnx: it takes ${words}; ${remedy}`]);
    expect(result.trial?.rows).toEqual(trial?.rows);
  }
});

test('without data the package and its graph are checked', async () => {
  const result = await check({ inputs: [{ name: 'x', tensor: 'pair' }], outputs }, { data: null });
  expect(result).toMatchObject({ findings: [], trial: null, outputs: ['y'] });
});

test('of a graph with an output that cannot be read the others can be used', async () => {
  const described = { inputs: [{ name: 'x', tensor: 'pair' }], outputs: [{ name: 'label', column: 'label' }] };
  const labels = [[1], [0], [0], [1], [0], [1]];
  expect(await predicted(described, { onnx: 'zipmap' })).toEqual(labels);
  // A script is given all that can be read.
  const script =
    'export const postprocess = ({ label, p }) => ({ other: Array.from(label.data, (l) => (p ? -1 : Number(l))) });';
  const scripted = { ...described, outputs: [{ column: 'other' }] };
  expect(await predicted(scripted, { onnx: 'zipmap', script })).toEqual(labels);
});
