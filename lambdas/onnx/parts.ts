import { makeNode, nodeLike, type OnnxNode } from './graph.ts';
import type { Surroundings } from './rule.ts';

/** Look at each channel by itself. */
const BY_CHANNEL = ['Relu', 'MaxPool'];

/**
 * What is done to channels that convolutions have left side by side is done to those of each: ONNX Runtime computes ReLU
 * with the convolution then, instead of in a pass over all of them, and less is laid side by side after a pooling.
 */
export function partsFirst(node: OnnxNode, { producer, isUsedOnce }: Surroundings): OnnxNode[] | undefined {
  /** From the last to the first. */
  const steps: OnnxNode[] = [];
  let before: OnnxNode | undefined = node;
  while (before && BY_CHANNEL.includes(before.opType) && before.inputs.every(isUsedOnce)) {
    steps.push(before);
    before = producer(before.inputs[0] ?? '');
  }
  if (steps.length === 0 || before?.opType !== 'Concat' || before.attributes.get('axis') !== 1) return undefined;
  if (!before.inputs.every((part) => producer(part)?.opType === 'Conv' && isUsedOnce(part))) return undefined;
  if (steps.some(({ outputs }) => outputs.length > 1)) return undefined;

  const [output = ''] = node.outputs;
  const nodes: OnnxNode[] = [];
  const parts = before.inputs.map((part) =>
    steps.toReversed().reduce((value, step) => {
      const name = `${output}:part:${nodes.length}`;
      nodes.push(nodeLike(step, name, [value]));
      return name;
    }, part),
  );
  return [...nodes, makeNode('Concat', output, parts, [output], { axis: 1 })];
}
