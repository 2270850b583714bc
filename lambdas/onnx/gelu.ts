import { makeNode, type OnnxNode, tensorFloats } from './graph.ts';
import type { Surroundings } from './rule.ts';

/**
 * PyTorch's exporter writes GELU (Hendrycks and Gimpel, arXiv 1606.08415) as x · (½ · (erf(x / √2) + 1)) where the operator
 * set has none. ONNX Runtime has it in one pass, but finds it only as (x · (erf(x / √2) + 1)) · ½: the same to the last bit,
 * since ½ changes no digit.
 */
export function recogniseGelu(node: OnnxNode, { graph, producer, isUsedOnce }: Surroundings): OnnxNode[] | undefined {
  if (node.opType !== 'Mul') return undefined;
  const isHalf = (name: string) => {
    const values = tensorFloats(graph.initializers.get(name));
    return values?.length === 1 && values[0] === 0.5;
  };
  for (const [x, halved] of bothWays(node.inputs)) {
    const scaling = producer(halved);
    if (scaling?.opType !== 'Mul' || !isUsedOnce(halved)) continue;
    for (const [half, onePlus] of bothWays(scaling.inputs)) {
      const isErf = producer(onePlus)?.inputs.some((input) => producer(input)?.opType === 'Erf');
      if (!isHalf(half) || producer(onePlus)?.opType !== 'Add' || !isErf) continue;
      const [output = ''] = node.outputs;
      const product = `${output}:gelu`;
      return [makeNode('Mul', product, [x, onePlus], [product]), makeNode('Mul', output, [product, half], [output])];
    }
  }
  return undefined;
}

const bothWays = ([a = '', b = '']: string[]): [string, string][] => [
  [a, b],
  [b, a],
];
