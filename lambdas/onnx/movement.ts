import { type OnnxNode, tensorIntegers } from './graph.ts';
import type { Surroundings } from './rule.ts';

/** A tensor of integers. */
export interface Numbers {
  shape: number[];
  values: number[];
}

type Graph = Pick<Surroundings, 'graph' | 'producer'>;

/** The numbers from 0 on, which show where each value of a tensor goes. */
export const numbered = (shape: number[]): Numbers => ({
  shape,
  values: Array.from({ length: product(shape) }, (_, i) => i),
});

/**
 * What a value is, where all that lies between it and the known ones moves values or works out shapes: found by doing it.
 * How a network is written down differs between exporters and their versions; where its values go does not.
 * @returns undefined where it takes anything else.
 */
export function moved(value: string, known: Map<string, Numbers>, surroundings: Graph): Numbers | undefined {
  const { graph, producer } = surroundings;
  const there = known.get(value) ?? constant(value, graph);
  if (there) return there;
  const node = producer(value);
  const move = node && moves[node.opType];
  if (!node || !move) return undefined;
  const inputs: Numbers[] = [];
  for (const input of node.inputs) {
    const numbers = moved(input, known, surroundings);
    if (!numbers) return undefined;
    inputs.push(numbers);
  }
  const result = move(inputs, node.attributes);
  if (!result || product(result.shape) !== result.values.length) return undefined;
  known.set(value, result);
  return result;
}

/** The value that something else than movements makes, from which this one comes. */
export function movedFrom(value: string, { producer }: Pick<Graph, 'producer'>): string {
  const node = producer(value);
  return node && moves[node.opType] ? movedFrom(node.inputs[0] ?? '', { producer }) : value;
}

type Move = (inputs: Numbers[], attributes: OnnxNode['attributes']) => Numbers | undefined;

/** As https://onnx.ai/onnx/operators defines them, as far as they are met between matrices. */
const moves: Record<string, Move> = {
  Identity: ([data]) => data,
  Shape: ([data]) => data && list(data.shape),
  Concat: (parts) => (parts.every(isList) ? list(parts.flatMap(({ values }) => values)) : undefined),
  Slice([data, starts, ends, axes, steps]) {
    if (!data || !isList(data) || axes?.values[0] || (steps && steps.values[0] !== 1)) return undefined;
    return list(data.values.slice(starts?.values[0], ends?.values[0]));
  },
  Reshape([data, wanted], attributes) {
    if (!data || !wanted || (attributes.get('allowzero') && wanted.values.includes(0))) return undefined;
    const shape = wanted.values.map((size, axis) => size || (data.shape[axis] ?? 0));
    const open = shape.indexOf(-1);
    if (open >= 0) shape[open] = data.values.length / -product(shape);
    return { shape, values: data.values };
  },
  Squeeze([data, axes]) {
    if (!data || !axes) return undefined;
    const gone = axes.values.map((axis) => (axis + data.shape.length) % data.shape.length);
    return { shape: data.shape.filter((_, axis) => !gone.includes(axis)), values: data.values };
  },
  Unsqueeze([data, axes]) {
    if (!data || !axes) return undefined;
    const rank = data.shape.length + axes.values.length;
    const added = axes.values.map((axis) => (axis + rank) % rank);
    const sizes = [...data.shape];
    const shape = Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (sizes.shift() ?? 0)));
    return { shape, values: data.values };
  },
  Gather([data, at], attributes) {
    const axis = Number(attributes.get('axis') ?? 0);
    if (!data || axis !== 0 || at?.shape.length !== 0) return undefined;
    const [count = 0, ...shape] = data.shape;
    const start = (((at.values[0] ?? 0) + count) % count) * product(shape);
    return { shape, values: data.values.slice(start, start + product(shape)) };
  },
  Transpose([data], attributes) {
    const order = attributes.get('perm');
    return data && Array.isArray(order) ? transposed(data, order) : undefined;
  },
};

function transposed({ shape, values }: Numbers, order: number[]): Numbers {
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  let places = [0];
  for (const axis of order) {
    const [size = 0, stride = 0] = [shape[axis], strides[axis]];
    places = places.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * stride));
  }
  return { shape: order.map((axis) => shape[axis] ?? 0), values: places.map((place) => values[place] ?? 0) };
}

function constant(value: string, graph: Graph['graph']): Numbers | undefined {
  const tensor = graph.initializers.get(value);
  const values = tensorIntegers(tensor);
  return tensor && values && { shape: tensor.shape, values };
}

const product = (shape: number[]) => shape.reduce((size, dim) => size * dim, 1);
const list = (values: number[]): Numbers => ({ shape: [values.length], values });
const isList = ({ shape }: Numbers) => shape.length === 1;
