import { makeNode, makeTensor, type OnnxNode } from './graph.ts';
import { moved, movedFrom, type Numbers, numbered } from './movement.ts';
import type { Surroundings } from './rule.ts';

/** So many samples show where values go: no other dimension is likely to be it. */
const SAMPLES = 3;

/**
 * Self-attention (Vaswani et al., arXiv 1706.03762) as PyTorch's nn.MultiheadAttention is exported moves each value eight
 * times: tokens before samples and back, queries, keys and values apart, each of them to its heads, keys once more. Once is
 * enough, which changes no digit. Recognised from its last transposition.
 */
export function moveOnceForAttention(last: OnnxNode, surroundings: Surroundings): OnnxNode[] | undefined {
  const { graph, producer, add } = surroundings;
  if (last.opType !== 'Transpose') return undefined;
  const [output = ''] = last.outputs;
  const source = (value = '') => producer(movedFrom(value, surroundings));
  const projection = source(last.inputs[0]);
  const attended = source(projection?.inputs[0]);
  const softmax = producer(attended?.inputs[0] ?? '');
  const scores = producer(softmax?.inputs[0] ?? '');
  if (projection?.opType !== 'Gemm' || attended?.opType !== 'MatMul' || softmax?.opType !== 'Softmax') return undefined;
  if (scores?.opType !== 'MatMul' || ![-1, 3].includes(Number(softmax.attributes.get('axis') ?? -1))) return undefined;
  const transB = Number(projection.attributes.get('transB') ?? 0);
  const isPlain = ['alpha', 'beta'].every((name) => Number(projection.attributes.get(name) ?? 1) === 1);
  if (!isPlain || projection.attributes.get('transA')) return undefined;

  const [queries, keys] = scores.inputs.map((value) => unscaled(value, surroundings));
  const values = attended.inputs[1] ?? '';
  if (!queries || !keys) return undefined;
  const joined = movedFrom(values, surroundings);
  if ([queries, keys].some(({ value }) => movedFrom(value, surroundings) !== joined)) return undefined;
  const { product, bias } = withoutBias(joined, surroundings);
  const before = producer(product?.inputs[0] ?? '');
  const matrix = product?.inputs[1] ?? '';
  const columns = graph.initializers.get(matrix)?.shape[1];
  if (!columns || before?.opType !== 'Transpose' || String(before.attributes.get('perm')) !== '1,0,2') return undefined;
  const [input = ''] = before.inputs;
  const tokens = graph.shapes.get(input)?.[1];
  const outputs = graph.initializers.get(projection.inputs[1] ?? '')?.shape[transB ? 0 : 1];
  if (!tokens || !outputs) return undefined;

  // Where PyTorch's code has the values go is where they would go here.
  const width = columns / 3;
  const from = new Map([[joined, numbered([tokens, SAMPLES, columns])]]);
  const [q, k, v] = [queries.value, keys.value, values].map((value) => moved(value, from, surroundings));
  const [, heads = 0, , depth = 0] = q?.shape ?? [];
  const isPart = (numbers: Numbers | undefined, part: number, shape: number[], isTurned = false) =>
    numbers !== undefined &&
    String(numbers.shape) === String(shape) &&
    numbers.values.every((number, at) => {
      const { sample, head, token, place } = fromHeads(at, heads, tokens, depth, isTurned);
      return number === (token * SAMPLES + sample) * columns + part * width + head * depth + place;
    });
  const inHeads = [SAMPLES, heads, tokens, depth];
  if (heads * depth !== width || !isPart(q, 0, inHeads) || !isPart(v, 2, inHeads)) return undefined;
  if (!isPart(k, 1, [SAMPLES, heads, depth, tokens], true)) return undefined;
  const rows = moved(
    projection.inputs[0] ?? '',
    new Map([[attended.outputs[0] ?? '', numbered(inHeads)]]),
    surroundings,
  );
  const isInRows = rows?.values.every((number, at) => {
    const { sample, head, token, place } = fromHeads(number, heads, tokens, depth, false);
    return at === (token * SAMPLES + sample) * width + head * depth + place;
  });
  const projected = new Map([[projection.outputs[0] ?? '', numbered([tokens * SAMPLES, outputs])]]);
  const end = moved(output, projected, surroundings);
  const isInSamples = end?.values.every((number, at) => {
    const [sample, token] = [Math.floor(at / (tokens * outputs)), Math.floor(at / outputs) % tokens];
    return number === (token * SAMPLES + sample) * outputs + (at % outputs);
  });
  if (String(rows?.shape) !== `${tokens * SAMPLES},${width}` || !isInRows) return undefined;
  if (String(end?.shape) !== `${SAMPLES},${tokens},${outputs}` || !isInSamples) return undefined;

  const nodes: OnnxNode[] = [];
  const place = (opType: string, inputs: string[], attributes: Record<string, number | number[]> = {}) => {
    const name = `${output}:attention:${nodes.length}`;
    nodes.push(makeNode(opType, name, inputs, [name], attributes));
    return name;
  };
  const integers = (all: number[]) =>
    add(makeTensor(`attention:[${all}]`, [all.length], BigInt64Array.from(all, BigInt)));
  const part = (number: number) =>
    place('Gather', [parts, add(makeTensor(`attention:${number}`, [], BigInt64Array.of(BigInt(number))))], { axis: 0 });
  const scaled = (value: string, scale: string | undefined) =>
    scale === undefined ? value : place('Mul', [value, scale]);
  const plain = place('MatMul', [input, matrix]);
  const all = bias === undefined ? plain : place('Add', [plain, bias]);
  const parts = place('Transpose', [place('Reshape', [all, integers([0, 0, 3, heads, depth])])], {
    perm: [2, 0, 3, 1, 4],
  });
  const query = scaled(part(0), queries.scale);
  const key = scaled(place('Transpose', [part(1)], { perm: [0, 1, 3, 2] }), keys.scale);
  const weights = place('Softmax', [place('MatMul', [query, key])], { axis: -1 });
  const sums = place('Transpose', [place('MatMul', [weights, part(2)])], { perm: [0, 2, 1, 3] });
  const joinedHeads = place('Reshape', [sums, integers([-1, width])]);
  const answer = place('Gemm', [joinedHeads, ...projection.inputs.slice(1)], { transB });
  return [...nodes, makeNode('Reshape', output, [answer, integers([-1, tokens, outputs])], [output])];
}

/** What is multiplied with one number, and the name of that. */
function unscaled(value: string, { graph, producer }: Surroundings): { value: string; scale: string | undefined } {
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
