import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { makeNode, type OnnxModel, readModel } from './graph.ts';
import { answers, attention, farthest, network, rewritten, rows, tokens, written } from './rewrite.fixture.ts';
import { unnamedSamples } from './unnamed-samples.ts';

const shapes = (model: OnnxModel) => readModel(written(model)).graph.shapes;
const isNamed = (model: OnnxModel, value: string) =>
  shapes(model)
    .get(value)
    ?.some((dim) => typeof dim === 'string');

test('values up to the largest have no name for the number of samples, later ones keep it', () => {
  const model = unnamedSamples(rewritten());
  const before = shapes(rewritten());
  const sizes = [...before].map(([value, shape]) => [value, shape.map(Number).filter(Number.isFinite)] as const);
  const size = (dims: number[]) => dims.reduce((product, dim) => product * dim, 1);
  const largest = Math.max(...sizes.map(([, dims]) => size(dims)));
  const [large = ''] = sizes.find(([, dims]) => size(dims) === largest) ?? [];
  expect(isNamed(rewritten(), large)).toBe(true);
  expect(isNamed(model, large)).toBe(false);
  expect(isNamed(model, 'image')).toBe(false);
  expect(isNamed(model, 'y')).toBe(true);
});

test.each([
  ['convolutions', network, rows],
  ['attention', attention, tokens],
])('the network says what PyTorch says, and takes any number of samples: %s', async (_, graph, data) => {
  const bytes = written(unnamedSamples(rewritten(graph)));
  expect(farthest(await answers(bytes, data), data)).toBeLessThan(1e-6);
  const session = await InferenceSession.create(bytes);
  expect(session.inputMetadata.map((meta) => meta.isTensor && meta.shape[0])).toEqual(['']);
  await session.release();
});

test('other dimensions keep their names', () => {
  const model = readModel(network);
  const [large = ''] = model.graph.nodes[0]?.outputs ?? [];
  model.graph.shapes.set(large, ['width', 1_000_000]);
  model.valueInfo.delete(large);
  expect(unnamedSamples(model).graph.shapes.get(large)).toEqual(['width', 1_000_000]);
  expect(unnamedSamples(model).graph.shapes.get('image')?.[0]).toBeUndefined();
});

test('a graph of many values that are as large as the largest is left as it is: it would be opened slowly', () => {
  const { graph, ...model } = readModel(network);
  const names = Array.from({ length: 400 }, (_, i) => `value ${i}`);
  const nodes = names.map((name, i) => makeNode('Relu', name, [names[i - 1] ?? 'image'], [name]));
  const long = { ...model, graph: { ...graph, nodes, shapes: new Map(names.map((name) => [name, ['batch', 8]])) } };
  expect(unnamedSamples(long)).toBe(long);
});
