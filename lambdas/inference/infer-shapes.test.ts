import { existsSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { testdata } from '../handlers.fixture.ts';
import { makeNode, makeTensor, type OnnxModel, readModel } from '../onnx/graph.ts';
import { rewriteModel } from '../onnx/rewrite.ts';
import { makeTemporaryFile } from '../temporary-file.ts';
import { inferShapes } from './infer-shapes.ts';
import { createSession, runSession } from './ort-session.ts';

/** Of what lies between the nodes nothing is said. */
function bareNetwork(): OnnxModel {
  const model = readModel(testdata('rewriting/network.onnx'));
  const shapes = new Map([...model.graph.shapes].filter(([name]) => ['image', 'y'].includes(name)));
  return { ...model, graph: { ...model.graph, shapes }, valueInfo: new Map() };
}

async function infer(model: OnnxModel): Promise<OnnxModel> {
  const { path, remove } = makeTemporaryFile('outputs.onnx');
  onTestFinished(remove);
  const sessions = { create: createSession, run: runSession };
  await inferShapes(sessions, model, { onnxFile: path, hasHalfPrecision: false });
  expect(existsSync(path)).toBe(false);
  return model;
}

test('a graph that an older exporter has written without shapes is rewritten like one that has them', async () => {
  const described = readModel(testdata('rewriting/network.onnx'));
  const nodes = (model: OnnxModel) => rewriteModel(model, true)?.graph.nodes.map(({ name }) => name);
  expect(nodes(bareNetwork())).not.toEqual(nodes(described));
  expect(nodes(await infer(bareNetwork()))).toEqual(nodes(described));
});

test('a value of which ONNX Runtime does not know how many dimensions it has gets no shape, nor do integers', async () => {
  const network = bareNetwork();
  const nodes = [
    makeNode('Relu', 'relu', ['image'], ['relu']),
    makeNode('Squeeze', 'squeezed', ['relu'], ['squeezed']),
    makeNode('Shape', 'size', ['relu'], ['size']),
    makeNode('Reshape', 'same', ['squeezed', 'size'], ['same']),
    makeNode('ReduceMean', 'y', ['same', 'axes'], ['y'], { keepdims: 0 }),
  ];
  const axes = makeTensor('axes', [2], BigInt64Array.of(1n, 2n));
  const graph = { ...network.graph, nodes, initializers: new Map([[axes.name, axes]]) };
  const { shapes } = (await infer({ ...network, graph })).graph;
  expect([...shapes.keys()].sort()).toEqual(['image', 'relu', 'same', 'y']);
  expect(shapes.get('relu')).toEqual(['batch', 3, 10, 12]);
});
