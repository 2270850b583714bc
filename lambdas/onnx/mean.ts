import { makeNode, type OnnxNode, tensorIntegers } from './graph.ts';
import type { Surroundings } from './rule.ts';

/**
 * The mean over tokens of what a matrix made of each: the matrix times their mean is the same, with one product instead of
 * one for each token. Through the sums in between: a transformer ends with x + (h · W + b), and many a head takes the mean of
 * that.
 */
export function averageFirst(node: OnnxNode, { graph, producer, isUsedOnce }: Surroundings): OnnxNode[] | undefined {
  if (node.opType !== 'ReduceMean') return undefined;
  const [value = '', axes] = node.inputs;
  const [output = ''] = node.outputs;
  const shape = graph.shapes.get(value);
  const listed = axes === undefined ? undefined : tensorIntegers(graph.initializers.get(axes));
  const rank = shape?.length ?? 0;
  // Earlier operator sets have the axes as an attribute, and no input to say them in.
  if (!shape || axes === undefined || !listed || listed.length === 0) return undefined;
  if (listed.some((axis) => (axis + rank) % rank === rank - 1)) return undefined;

  const keepdims = Number(node.attributes.get('keepdims') ?? 1);
  const nodes: OnnxNode[] = [];
  let products = 0;
  const place = (opType: string, inputs: string[], attributes = {}) => {
    const name = `${output}:mean:${nodes.length}`;
    nodes.push(makeNode(opType, name, inputs, [name], attributes));
    return name;
  };
  const average = (of: string) => place('ReduceMean', [of, axes], { keepdims });
  const isVector = (name: string) => graph.initializers.get(name)?.shape.length === 1;
  const hasShape = (name: string) => String(graph.shapes.get(name)) === String(shape);

  function meanOf(name: string): string {
    const made = isUsedOnce(name) ? producer(name) : undefined;
    const [a = '', b = ''] = made?.inputs ?? [];
    if (made?.opType === 'Add' && [a, b].every((each) => isVector(each) || hasShape(each))) {
      return place(
        'Add',
        [a, b].map((each) => (isVector(each) ? each : meanOf(each))),
      );
    }
    const matrix = graph.initializers.get(b);
    if (made?.opType === 'MatMul' && matrix?.shape.length === 2 && graph.shapes.get(a)?.length === rank) {
      products += 1;
      return place('MatMul', [average(a), b]);
    }
    return average(name);
  }

  const mean = meanOf(value);
  return products > 0 ? [...nodes, makeNode('Identity', output, [mean], [output])] : undefined;
}
