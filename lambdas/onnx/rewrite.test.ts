import { readFileSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { makeTemporaryFile } from '../temporary-file.ts';
import {
  makeNode,
  makeTensor,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  readModel,
  tensorFloats,
  tensorIntegers,
  writeModel,
} from './graph.ts';
import { rewriteModel } from './rewrite.ts';
import { timesAll } from './value-info.ts';
import { minimalFilter } from './winograd.ts';

const testdata = (name: string) => new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
const network = testdata('rewriting/network.onnx');
const attention = testdata('rewriting/attention.onnx');
const branches = testdata('rewriting/branches.onnx');
const rewritten = (graph = network, isPacked = true) => {
  const model = rewriteModel(readModel(graph), isPacked);
  if (!model) throw new Error('nothing was rewritten');
  return model;
};
/** What PyTorch was given, and what it answered. */
const rows = readRows(testdata('rewriting/rows.safetensors'));
const tokens = readRows(testdata('rewriting/tokens.safetensors'));
const images = readRows(testdata('rewriting/branches.safetensors'));

function readRows(file: Uint8Array) {
  const length = Number(Buffer.from(file).readBigUInt64LE(0));
  const header = JSON.parse(Buffer.from(file).toString('utf8', 8, 8 + length));
  const tensor = (name: string) => {
    const [start, end] = header[name].data_offsets;
    return new Float32Array(file.slice(8 + length + start, 8 + length + end).buffer);
  };
  return { image: new Tensor('float32', tensor('image'), header.image.shape), expected: tensor('y') };
}

async function answers(model: Uint8Array, { image } = rows): Promise<Float32Array> {
  const session = await InferenceSession.create(model);
  try {
    const { y } = await session.run({ image });
    return y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

const written = (model: OnnxModel) => new Uint8Array(Buffer.concat(writeModel(model)));
const farthest = (values: Float32Array, { expected } = rows) =>
  Math.max(...expected.map((value, i) => Math.abs(value - (values[i] ?? Number.NaN))));

test.each([3, 5])('four outputs of a filter with %i taps from fewer products', (taps) => {
  const { input, kernel, output } = minimalFilter(taps);
  const times = (matrix: number[][], vector: number[]) =>
    matrix.map((row) => row.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0));
  const numbers = (length: number) =>
    fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: length, maxLength: length });
  expect(kernel).toHaveLength(taps + 3);
  fc.assert(
    fc.property(numbers(taps + 3), numbers(taps), (data, filter) => {
      const products = times(kernel, filter).map((value, i) => value * (times(input, data)[i] ?? 0));
      times(output, products).forEach((value, at) => {
        const direct = filter.reduce((sum, tap, i) => sum + tap * (data[at + i] ?? 0), 0);
        expect(value).toBeCloseTo(direct, 6);
      });
    }),
  );
});

test('a rewritten network says what PyTorch says', async () => {
  expect(farthest(await answers(network))).toBeLessThan(1e-6);
  expect(farthest(await answers(written(rewritten())))).toBeLessThan(1e-6);
});

test('what is not rewritten is written as it was read', () => {
  expect(readModel(written(readModel(network))).graph.nodes).toEqual(readModel(network).graph.nodes);
});

test('convolutions of 3 and 5 rows take fewer products; those with strides, dilation, groups or one row are left alone', () => {
  const { nodes, initializers } = rewritten().graph;
  const kernels = nodes.flatMap(({ opType, inputs, outputs }) =>
    opType === 'Conv' ? [{ output: outputs[0], kernel: initializers.get(inputs[1] ?? '')?.shape }] : [],
  );
  const products = (output: string) => kernels.find((each) => each.output === output)?.kernel;
  // Before: [32, 32, 5, 1] for each row of the output; now it is for each four.
  expect(products('conv2d_1:winograd:products')).toEqual([8 * 32, 32, 1, 1]);
  expect(products('conv2d_2:winograd:products')).toEqual([6 * 32, 32, 1, 3]);
  expect(products('conv2d_3')).toEqual([32, 32, 3, 1]);
  expect(products('conv2d_4')).toEqual([64, 32, 3, 1]);
  expect(products('conv2d_5')).toEqual([32, 32, 3, 1]);
  expect(products('conv2d')).toEqual([32, 3, 1, 1]);
});

test('the mean over tokens is taken before the matrix, not after it', () => {
  const { nodes, initializers } = rewritten().graph;
  const matrix = nodes.find(({ inputs }) => String(initializers.get(inputs[1] ?? '')?.shape) === '16,8');
  const before = nodes.find(({ outputs }) => outputs[0] === matrix?.inputs[0]);
  expect(before?.opType).toBe('ReduceMean');
  expect(before?.inputs[0]).toBe('gelu');
});

test('attention moves its values once, and says what PyTorch says', async () => {
  const model = rewritten(attention);
  const moves = ({ graph }: OnnxModel) => graph.nodes.filter(({ opType }) => /Transpose|Gather/.test(opType)).length;
  expect([moves(readModel(attention)), moves(model)]).toEqual([11, 4]);
  expect(farthest(await answers(written(model), tokens), tokens)).toBeLessThan(1e-6);
});

test.each([
  ['queries and keys change places', 'select', 'select_1'],
  ['values are taken for keys', 'select_2', 'select_1'],
])('what looks like attention but moves values elsewhere is left alone: %s', (_, value, other) => {
  const model = readModel(attention);
  const node = (output: string) => model.graph.nodes.find(({ outputs }) => outputs[0] === output) as OnnxNode;
  const [a, b] = [node(value), node(other)].map(({ inputs }) => inputs[1] ?? '') as [string, string];
  node(value).inputs[1] = b;
  node(other).inputs[1] = a;
  expect(rewriteModel(model, true)?.graph.nodes.filter(({ name }) => name.includes(':attention:')) ?? []).toEqual([]);
});

test('what convolutions left side by side is pooled before it is laid there', () => {
  const { nodes } = rewritten(branches).graph;
  const joined = nodes.find(({ opType }) => opType === 'Concat');
  const makers = (outputs: string[]) => outputs.map((name) => nodes.find(({ outputs: [made] }) => made === name));
  const pooled = makers(joined?.inputs ?? []);
  expect(pooled.map((node) => [node?.opType, node?.attributes.get('strides')])).toEqual([
    ['MaxPool', [2, 2]],
    ['MaxPool', [2, 2]],
  ]);
  const active = makers(pooled.flatMap((node) => node?.inputs ?? []));
  expect(active.map((node) => node?.opType)).toEqual(['Relu', 'Relu']);
  expect(makers(active.flatMap((node) => node?.inputs ?? [])).map((node) => node?.opType)).toEqual(['Conv', 'Conv']);
});

test('large matrices that a session does not pack are convolutions, with GELU between them, and say what PyTorch says', async () => {
  const model = rewritten(branches, false);
  const { nodes, initializers } = model.graph;
  const convolutions = nodes.filter(({ opType, name }) => opType === 'Conv' && name.includes(':pointwise:'));
  expect(convolutions.map(({ inputs }) => initializers.get(inputs[1] ?? '')?.shape)).toEqual([
    [272, 256, 1, 1],
    [256, 272, 1, 1],
    [256, 256, 1, 1],
  ]);
  // 48 → 256 and 256 → 2 are small.
  expect(nodes.flatMap(({ opType }) => (/MatMul|Gemm/.test(opType) ? opType : []))).toEqual(['MatMul', 'Gemm']);
  const [wide, narrow] = convolutions;
  const between = nodes.slice(nodes.indexOf(wide as OnnxNode) + 1, nodes.indexOf(narrow as OnnxNode));
  expect(between.map(({ opType }) => opType)).toEqual(['Div', 'Erf', 'Add', 'Mul', 'Mul']);

  expect(farthest(await answers(branches, images), images)).toBeLessThan(1e-6);
  expect(farthest(await answers(written(model), images), images)).toBeLessThan(1e-6);
});

test('what is between has a shape, of which no name stands for two sizes: ONNX Runtime plans its memory by them', () => {
  const shapes = (model: OnnxModel, values: string[]) =>
    values.map((value) => readModel(written(model)).graph.shapes.get(value));
  const between = ['linear_1:pointwise:1', 'linear_2:pointwise:1:val_17', 'linear_2:pointwise:2'];
  expect(shapes(rewritten(branches, false), between)).toEqual([
    [1, 256, 1, '16 x batch'],
    [1, 272, 1, '16 x batch'],
    [1, 256, 1, '16 x batch'],
  ]);
  expect(shapes(rewritten(attention), ['transpose_5:attention:0', 'transpose_5:attention:18'])).toEqual([
    ['batch', 5, 12],
    ['5 x batch', 12],
  ]);
  expect(timesAll(['b', 2, 'a', 3])).toBe('6 x a x b');
  expect(timesAll([2, 3])).toBe(6);
  expect(timesAll([2, undefined])).toBeUndefined();
});

test('matrices that a session packs are left alone', () => {
  const { nodes } = rewritten(branches, true).graph;
  expect(nodes.filter(({ opType }) => /MatMul|Gemm/.test(opType))).toHaveLength(5);
});

test('ONNX Runtime finds GELU as PyTorch exports it', async () => {
  const operators = async (model: Uint8Array) => {
    const { path, remove } = makeTemporaryFile('optimized.onnx');
    try {
      const options = {
        optimizedModelFilePath: path,
        logSeverityLevel: 3,
        graphOptimizationLevel: 'extended',
      } as const;
      await (await InferenceSession.create(model, options)).release();
      return readModel(new Uint8Array(readFileSync(path))).graph.nodes.map(({ opType }) => opType);
    } finally {
      remove();
    }
  };
  expect(await operators(network)).toContain('Erf');
  const found = await operators(written(rewritten()));
  expect(found).not.toContain('Erf');
  expect(found).toContain('BiasGelu');
});

test('a value that something else needs as well is not taken apart', () => {
  const model = readModel(network);
  const gelu = model.graph.nodes.find(({ outputs }) => outputs[0] === 'gelu');
  const between = ['gelu', ...(gelu?.inputs ?? []), 'add', 'linear_1'];
  for (const value of between) model.graph.outputs.add(value);
  const { nodes } = rewriteModel(model, true)?.graph ?? model.graph;
  for (const value of between) expect(nodes.map(({ outputs }) => outputs[0])).toContain(value);
  expect(nodes.find(({ outputs }) => outputs[0] === 'gelu')?.inputs).toEqual(gelu?.inputs);
  expect(nodes.find(({ outputs }) => outputs[0] === 'mean')?.inputs[0]).toBe('add');
});

test.each([
  ['cat', 'conv2d', 'conv2d_1'],
  ['conv2d', 'conv2d', 'conv2d_1'],
  ['relu', 'relu:part:0', 'relu:part:1'],
])('channels that something else needs as well are joined for it: %s', (value, ...parts) => {
  const model = readModel(branches);
  model.graph.outputs.add(value);
  const { nodes } = rewriteModel(model, true)?.graph ?? model.graph;
  const joined = nodes.filter(({ opType }) => opType === 'Concat');
  expect(joined.map(({ inputs }) => inputs)).toEqual([parts]);
});

test('a value between two matrices that something else needs as well is there in rows', async () => {
  const model = readModel(branches);
  model.graph.outputs.add('linear_1');
  const { nodes } = rewriteModel(model, false)?.graph ?? model.graph;
  expect(nodes.find(({ outputs }) => outputs[0] === 'linear_1')?.opType).toBe('Reshape');
});

/** Of `image` [batch, 3, 10, 12], it makes `y` [batch, 2]. */
function modelOf(nodes: OnnxNode[], tensors: OnnxTensor[]): OnnxModel {
  const model = readModel(network);
  const initializers = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const shapes = new Map([...model.graph.shapes].filter(([name]) => ['image', 'y'].includes(name)));
  return { ...model, graph: { ...model.graph, nodes, initializers, shapes }, valueInfo: new Map() };
}

const waves = (name: string, ...shape: number[]) =>
  makeTensor(
    name,
    shape,
    Float32Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, (_, i) => Math.sin(i) / 8),
  );
const integers = (name: string, ...list: number[]) => makeTensor(name, [list.length], BigInt64Array.from(list, BigInt));

async function expectSameAnswers(model: OnnxModel): Promise<void> {
  const instead = rewriteModel(model, false);
  if (!instead) throw new Error('nothing was rewritten');
  const [ours, theirs] = [await answers(written(instead)), await answers(written(model))];
  const largest = Math.max(...theirs.map(Math.abs));
  expect(farthest(ours, { ...rows, expected: new Float32Array(theirs) }) / largest).toBeLessThan(1e-5);
}

test('one number that a Gemm adds to all columns is none for each of them', async () => {
  const tensors = [
    integers('flat shape', -1, 360),
    waves('first', 360, 256),
    waves('second', 256, 256),
    waves('third', 256, 256),
    waves('last', 256, 2),
  ];
  const one = waves('one', 1);
  const each = waves('each', 256);
  const nodes = [
    makeNode('Reshape', 'flat', ['image', 'flat shape'], ['flat']),
    makeNode('MatMul', 'a', ['flat', 'first'], ['a']),
    makeNode('Gemm', 'b', ['a', 'second', 'one'], ['b']),
    makeNode('Gemm', 'c', ['b', 'third', 'each'], ['c']),
    makeNode('MatMul', 'y', ['c', 'last'], ['y']),
  ];
  await expectSameAnswers(modelOf(nodes, [...tensors, one, each]));
});

test('pixels that a network makes rows of in another way than one row for each are left where they are', async () => {
  const tensors = [
    waves('kernels', 16, 3, 1, 1),
    integers('rows shape', -1, 1920),
    waves('wide', 1920, 256),
    waves('last', 256, 2),
  ];
  const nodes = [
    makeNode('Conv', 'conv', ['image', 'kernels'], ['conv'], { kernel_shape: [1, 1] }),
    makeNode('Transpose', 'channels last', ['conv'], ['channels last'], { perm: [0, 2, 3, 1] }),
    makeNode('Reshape', 'rows', ['channels last', 'rows shape'], ['rows']),
    makeNode('Relu', 'relu', ['rows'], ['relu']),
    makeNode('Gemm', 'gemm', ['relu', 'wide'], ['gemm']),
    makeNode('MatMul', 'y', ['gemm', 'last'], ['y']),
  ];
  await expectSameAnswers(modelOf(nodes, tensors));
});

test('rows may come with tokens before samples, as those of a transformer do', async () => {
  const tensors = [
    integers('tokens shape', -1, 2, 256),
    integers('flat shape', -1, 360),
    integers('joined shape', -1, 512),
    waves('first', 360, 512),
    waves('each', 256, 256),
    waves('last', 512, 2),
  ];
  const nodes = [
    makeNode('Reshape', 'flat', ['image', 'flat shape'], ['flat']),
    makeNode('MatMul', 'a', ['flat', 'first'], ['a']),
    makeNode('Reshape', 'tokens', ['a', 'tokens shape'], ['tokens']),
    makeNode('Transpose', 'before', ['tokens'], ['before'], { perm: [1, 0, 2] }),
    makeNode('MatMul', 'b', ['before', 'each'], ['b']),
    makeNode('Transpose', 'after', ['b'], ['after'], { perm: [1, 0, 2] }),
    makeNode('Reshape', 'joined', ['after', 'joined shape'], ['joined']),
    makeNode('MatMul', 'y', ['joined', 'last'], ['y']),
  ];
  const model = modelOf(nodes, tensors);
  model.graph.shapes.set('before', [2, 'batch', 256]);
  await expectSameAnswers(model);
});

test('weights that the exporter has listed as inputs are weights', async () => {
  const model = readModel(branches);
  for (const name of model.graph.initializers.keys()) {
    const writer = new BinaryWriter();
    writer.tag(11, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name).join();
    model.graphRest.push(writer.finish());
  }
  const instead = rewriteModel(readModel(written(model)), false);
  expect(farthest(await answers(written(instead ?? model), images), images)).toBeLessThan(1e-6);
});

test('nothing to rewrite is nothing', () => {
  expect(rewriteModel(readModel(testdata('tiny.onnx')), false)).toBeUndefined();
});

test('what is no model, or has graphs in its nodes, is refused', () => {
  expect(() => readModel(testdata('galaxies.safetensors'))).toThrow();
  expect(() => readModel(new Uint8Array())).toThrow('no ONNX model');
  expect(() => readModel(network.subarray(0, 5000))).toThrow();
  expect(() => readModel(testdata('rewriting/with-graph.onnx'))).toThrow('a graph of its own');
});

test('values of tensors, of other types none', () => {
  const { initializers } = readModel(network).graph;
  expect(tensorFloats(initializers.get('five.bias'))).toHaveLength(32);
  expect(tensorIntegers(initializers.get('five.bias'))).toBeUndefined();
  const external = readModel(testdata('models/external.onnx')).graph.initializers;
  expect([...external.values()].map(tensorFloats)).toEqual([undefined]);
});
