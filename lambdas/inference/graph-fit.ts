import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { inputDtypes } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';
import { formatShape } from '../formats/partition.ts';
import type { ModelGraph } from './session.ts';

/** Everything in which model.json and the graph do not agree, whatever the data. */
export function* graphProblems(manifest: ModelPackage, graph: ModelGraph): Generator<string> {
  const { noTensors } = graph;
  const has = [...graph.inputs.keys()].join(', ') || 'none';
  const given = new Set(manifest.inputs.map(({ name }) => name));
  for (const name of noTensors.inputs)
    yield `input ${name} of the ONNX graph is no tensor (a sequence, a map or optional), which cannot be fed`;
  for (const name of given)
    if (!graph.inputs.has(name) && !noTensors.inputs.includes(name))
      yield `model.json names input ${name}; the ONNX graph has: ${has}`;
  const unfed = [...graph.inputs.keys()].filter((name) => !given.has(name));
  if (unfed.length > 0) yield `the model also needs input ${unfed.join(', ')}; add it to "inputs" of model.json`;
  for (const { name, tensor } of manifest.inputs) {
    const shape = graph.inputs.get(name)?.shape;
    if (!shape || tensor === undefined || typeof shape[0] === 'string') continue;
    if (graph.exactRows !== undefined && !manifest.samples_interact) continue;
    const what = shape.length === 0 ? 'is a single value' : `was exported for batches of exactly ${shape[0]}`;
    yield `input ${name} ${formatShape(shape)} of the ONNX graph ${what}; export it with a dynamic first dimension`;
  }
  for (const [name, { type }] of graph.inputs)
    if (!inputDtypes.some((dtype) => dtype === type))
      yield `input ${name} of the ONNX graph is ${type}, which cannot be fed; export it with one of ${inputDtypes.join(', ')}`;
  const named = new Set(manifest.outputs.flatMap(({ name }) => name ?? []));
  for (const name of noTensors.outputs)
    if (named.has(name))
      yield `output ${name} of the ONNX graph is no tensor (a sequence or a map), which cannot be read; scikit-learn's converter makes a tensor of it with options={"zipmap": False}`;
  const absent = [...named].filter((name) => ![...graph.outputs, ...noTensors.outputs].includes(name));
  if (absent.length > 0)
    yield `model.json names output ${absent.join(', ')}; the ONNX graph has: ${graph.outputs.join(', ')}`;
}

/**
 * The outputs that are computed: those that model.json names; all where the script makes a column of whatever it likes.
 * @throws ModelMismatch where the graph is not the one that model.json describes.
 */
export function wantedOutputs(manifest: ModelPackage, graph: ModelGraph): string[] {
  const problems = [...graphProblems(manifest, graph)];
  if (problems.length > 0) throw new Failure('ModelMismatch', problems.join('; '));
  const names = manifest.outputs.map(({ name }) => name);
  if (names.includes(undefined)) return graph.outputs;
  return [...new Set(names.flatMap((name) => name ?? []))];
}
