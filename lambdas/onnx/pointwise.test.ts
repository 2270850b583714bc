import { expect, test } from 'vitest';
import { makeNode, makeTensor, type OnnxModel, type OnnxNode, type OnnxTensor, readModel } from './graph.ts';
import {
  answers,
  attention,
  branches,
  farthest,
  images,
  network,
  rewritten,
  rows,
  written,
} from './rewrite.fixture.ts';
import { rewriteModel } from './rewrite.ts';
import { timesAll } from './value-info.ts';

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
