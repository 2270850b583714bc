import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type OnnxModel, readModel } from './graph.ts';
import { answers, attention, farthest, network, rewritten, rows, tokens, written } from './rewrite.fixture.ts';
import { unnamedSamples } from './unnamed-samples.ts';

test.each([
  ['convolutions', network, rows],
  ['attention', attention, tokens],
])('the number of samples has no name any more, and the network says what PyTorch says: %s', async (_, graph, data) => {
  const before = rewritten(graph);
  const [samples] = before.graph.shapes.get('image') ?? [];
  expect(samples).toBeTypeOf('string');
  const shapes = (model: OnnxModel) => readModel(written(model)).graph.shapes;
  const unnamed = [...shapes(before)].map(([value, shape]) => [
    value,
    shape.map((dim) => (String(dim).includes(String(samples)) ? undefined : dim)),
  ]);
  expect([...shapes(unnamedSamples(before))]).toEqual(unnamed);
  const session = await InferenceSession.create(written(unnamedSamples(before)));
  expect(session.inputMetadata.map((meta) => meta.isTensor && meta.shape[0])).toEqual(['']);
  await session.release();
  expect(farthest(await answers(written(unnamedSamples(before)), data), data)).toBeLessThan(1e-6);
});

test('other dimensions keep their names', () => {
  const model = readModel(network);
  model.graph.shapes.set('between', ['width', 3]);
  model.valueInfo.delete('between');
  expect(unnamedSamples(model).graph.shapes.get('between')).toEqual(['width', 3]);
});
