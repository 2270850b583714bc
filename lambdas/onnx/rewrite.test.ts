import { readFileSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { makeTemporaryFile } from '../temporary-file.ts';
import { type OnnxModel, type OnnxNode, readModel, tensorFloats, tensorIntegers } from './graph.ts';
import {
  answers,
  attention,
  branches,
  farthest,
  images,
  network,
  rewritten,
  testdata,
  tokens,
  written,
} from './rewrite.fixture.ts';
import { rewriteModel } from './rewrite.ts';
import { minimalFilter } from './winograd.ts';

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
