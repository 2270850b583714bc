import { makeNode, makeTensor, type OnnxNode, tensorFloats } from './graph.ts';
import { moved, movedFrom, type Numbers, numbered } from './movement.ts';
import type { Surroundings } from './rule.ts';
import { type Dim, timesAll } from './value-info.ts';

/** So many samples show where values go: no other dimension is likely to be it. */
const SAMPLES = 3;

/** The parts of an attention, as names of values and their sizes. */
interface Attention {
  /** [samples, tokens, …] */
  input: string;
  /** Makes queries, keys and values, side by side, of the input: the outcome is `joined`. */
  matrix: string;
  bias: string | undefined;
  joined: string;
  queries: Scaled;
  keys: Scaled;
  values: string;
  /** What the heads answer, before the projection. */
  attended: string;
  projection: OnnxNode;
  tokens: number;
  /** Columns of the matrix, and of the projection. */
  columns: number;
  outputs: number;
}

interface Heads {
  heads: number;
  depth: number;
}

/** A value, and the name of the number that it is multiplied with. */
interface Scaled {
  value: string;
  scale: string | undefined;
}

/**
 * Self-attention (Vaswani et al., arXiv 1706.03762) as PyTorch's nn.MultiheadAttention is exported moves each value four
 * times: tokens before samples and back, queries, keys and values apart, each of them to its heads, keys once more. Once is
 * enough, which changes no digit, and where each of the three has a matrix of its own they need not be taken apart. Recognised from its last transposition.
 */
export function moveOnceForAttention(last: OnnxNode, surroundings: Surroundings): OnnxNode[] | undefined {
  const attention = recognise(last, surroundings);
  const heads = attention && findHeads(attention, last, surroundings);
  return attention && heads && rewrite(attention, heads, last, surroundings);
}

/** By its products, whatever moves values between them. */
function recognise(last: OnnxNode, surroundings: Surroundings): Attention | undefined {
  const { graph, producer } = surroundings;
  if (last.opType !== 'Transpose') return undefined;
  const source = (value = '') => producer(movedFrom(value, surroundings));
  const projection = source(last.inputs[0]);
  const attended = source(projection?.inputs[0]);
  const softmax = producer(attended?.inputs[0] ?? '');
  const scores = producer(softmax?.inputs[0] ?? '');
  if (projection?.opType !== 'Gemm' || attended?.opType !== 'MatMul' || softmax?.opType !== 'Softmax') return undefined;
  if (scores?.opType !== 'MatMul' || ![-1, 3].includes(Number(softmax.attributes.get('axis') ?? -1))) return undefined;
  const isPlain = ['alpha', 'beta'].every((name) => Number(projection.attributes.get(name) ?? 1) === 1);
  if (!isPlain || projection.attributes.get('transA')) return undefined;

  const [queries, keys] = scores.inputs.map((value) => unscaled(value, surroundings));
  const values = attended.inputs[1] ?? '';
  if (!queries || !keys) return undefined;
  const joined = movedFrom(values, surroundings);
  if ([queries, keys].some(({ value }) => movedFrom(value, surroundings) !== joined)) return undefined;
  const { product, bias } = withoutBias(joined, surroundings);
  const [turned = '', matrix = ''] = product?.inputs ?? [];
  const before = producer(turned);
  if (before?.opType !== 'Transpose' || String(before.attributes.get('perm')) !== '1,0,2') return undefined;
  const [input = ''] = before.inputs;
  const columns = graph.initializers.get(matrix)?.shape[1];
  const tokens = graph.shapes.get(input)?.[1];
  const outputs = graph.initializers.get(projection.inputs[1] ?? '')?.shape[
    projection.attributes.get('transB') ? 0 : 1
  ];
  if (!columns || typeof tokens !== 'number' || !outputs) return undefined;
  const [answer = ''] = attended.outputs;
  return { input, matrix, bias, joined, queries, keys, values, attended: answer, projection, tokens, columns, outputs };
}

/** @returns undefined where values go elsewhere than in PyTorch's code, and so than they would here. */
function findHeads(attention: Attention, last: OnnxNode, surroundings: Surroundings): Heads | undefined {
  const { joined, queries, keys, values, attended, projection, tokens, columns, outputs } = attention;
  const width = columns / 3;
  const from = new Map([[joined, numbered([tokens, SAMPLES, columns])]]);
  const [q, k, v] = [queries.value, keys.value, values].map((value) => moved(value, from, surroundings));
  const [, heads = 0, , depth = 0] = q?.shape ?? [];
  const inHeads = [SAMPLES, heads, tokens, depth];
  const isPart = (numbers: Numbers | undefined, part: number, shape: number[], isTurned = false) =>
    isAsExpected(numbers, shape, (at) => {
      const { sample, head, token, place } = fromHeads(at, heads, tokens, depth, isTurned);
      return (token * SAMPLES + sample) * columns + part * width + head * depth + place;
    });
  if (heads * depth !== width || !isPart(q, 0, inHeads) || !isPart(v, 2, inHeads)) return undefined;
  if (!isPart(k, 1, [SAMPLES, heads, depth, tokens], true)) return undefined;

  const answers = new Map([[attended, numbered(inHeads)]]);
  const rows = moved(projection.inputs[0] ?? '', answers, surroundings);
  const isInRows = isAsExpected(rows, [tokens * SAMPLES, width], (at) => {
    const [token, sample] = [Math.floor(at / (SAMPLES * width)), Math.floor(at / width) % SAMPLES];
    const [head, place] = [Math.floor((at % width) / depth), at % depth];
    return ((sample * heads + head) * tokens + token) * depth + place;
  });
  const projected = new Map([[projection.outputs[0] ?? '', numbered([tokens * SAMPLES, outputs])]]);
  const end = moved(last.outputs[0] ?? '', projected, surroundings);
  const isInSamples = isAsExpected(end, [SAMPLES, tokens, outputs], (at) => {
    const [sample, token] = [Math.floor(at / (tokens * outputs)), Math.floor(at / outputs) % tokens];
    return (token * SAMPLES + sample) * outputs + (at % outputs);
  });
  return isInRows && isInSamples ? { heads, depth } : undefined;
}

const isAsExpected = (numbers: Numbers | undefined, shape: number[], expected: (at: number) => number): boolean =>
  String(numbers?.shape) === String(shape) && (numbers?.values.every((number, at) => number === expected(at)) ?? false);

function rewrite(
  attention: Attention,
  { heads, depth }: Heads,
  last: OnnxNode,
  { graph, add, setShape }: Surroundings,
): OnnxNode[] | undefined {
  const { input, matrix, bias, queries, keys, projection, tokens, columns, outputs } = attention;
  const [output = ''] = last.outputs;
  const factors = tensorFloats(graph.initializers.get(matrix));
  const summands = bias === undefined ? undefined : tensorFloats(graph.initializers.get(bias));
  if (!factors || (bias !== undefined && !summands)) return undefined;
  const nodes: OnnxNode[] = [];
  const place = (opType: string, inputs: string[], attributes: Record<string, number | number[]> = {}) => {
    const name = `${output}:attention:${nodes.length}`;
    nodes.push(makeNode(opType, name, inputs, [name], attributes));
    return name;
  };
  const integers = (all: number[]) =>
    add(makeTensor(`attention:[${all}]`, [all.length], BigInt64Array.from(all, BigInt)));
  const scaled = (value: string, scale: string | undefined) =>
    scale === undefined ? value : place('Mul', [value, scale]);

  const samples = graph.shapes.get(input)?.[0];
  // What ONNX Runtime cannot work out from the input.
  const told = (value: string, shape: Dim[]) => {
    setShape(value, shape);
    return value;
  };
  const width = columns / 3;
  /** Queries, keys or values, by a third of the columns, in their heads. */
  const inHeads = (number: number, perm: number[]) => {
    const third = (name: string, values: Float32Array, shape: number[]) =>
      add(
        makeTensor(
          `${name}:${number}`,
          shape,
          values.filter((_, at) => Math.floor((at % columns) / width) === number),
        ),
      );
    const shape = [samples, tokens, width];
    const product = told(place('MatMul', [input, third(matrix, factors, [factors.length / columns, width])]), shape);
    const sum = summands ? told(place('Add', [product, third(`${bias}`, summands, [width])]), shape) : product;
    return place('Transpose', [place('Reshape', [sum, integers([0, 0, heads, depth])])], { perm });
  };
  const query = scaled(inHeads(0, [0, 2, 1, 3]), queries.scale);
  const key = scaled(inHeads(1, [0, 2, 3, 1]), keys.scale);
  const weights = place('Softmax', [place('MatMul', [query, key])], { axis: -1 });
  const sums = place('Transpose', [place('MatMul', [weights, inHeads(2, [0, 2, 1, 3])])], { perm: [0, 2, 1, 3] });
  const count = timesAll([samples, tokens]);
  const rows = told(place('Reshape', [sums, integers([-1, width])]), [count, width]);
  const transB = Number(projection.attributes.get('transB') ?? 0);
  const answer = told(place('Gemm', [rows, ...projection.inputs.slice(1)], { transB }), [count, outputs]);
  return [...nodes, makeNode('Reshape', output, [answer, integers([-1, tokens, outputs])], [output])];
}

/** What is multiplied with one number, and the name of that. */
function unscaled(value: string, { graph, producer }: Surroundings): Scaled {
  const node = producer(value);
  const scale = node?.inputs.find((input) => graph.initializers.get(input)?.shape.every((size) => size === 1));
  if (node?.opType !== 'Mul' || scale === undefined) return { value, scale: undefined };
  return { value: node.inputs.find((input) => input !== scale) ?? '', scale };
}

/** The product of a matrix, and what is added to it. */
function withoutBias(value: string, { graph, producer }: Surroundings) {
  const node = producer(value);
  const bias = node?.inputs.find((input) => graph.initializers.get(input)?.shape.length === 1);
  const isSum = node?.opType === 'Add' && bias !== undefined;
  const product = isSum ? producer(node.inputs.find((input) => input !== bias) ?? '') : node;
  return { product: product?.opType === 'MatMul' ? product : undefined, bias: isSum ? bias : undefined };
}

/** Indices of a value of [samples, heads, tokens, depth], or, turned, of [samples, heads, depth, tokens]. */
function fromHeads(at: number, heads: number, tokens: number, depth: number, isTurned: boolean) {
  const [last, beforeLast] = isTurned ? [tokens, depth] : [depth, tokens];
  const [inner, outer] = [at % last, Math.floor(at / last) % beforeLast];
  const head = Math.floor(at / (last * beforeLast)) % heads;
  const sample = Math.floor(at / (last * beforeLast * heads));
  return isTurned ? { sample, head, token: inner, place: outer } : { sample, head, token: outer, place: inner };
}
