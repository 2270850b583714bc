import { makeNode, makeTensor, nodeLike, type OnnxNode, type OnnxTensor, tensorFloats } from './graph.ts';
import type { Surroundings } from './rule.ts';
import { type Dim, timesAll } from './value-info.ts';

/** ONNX Runtime's blocked layout has so many channels side by side, on the processors with the widest vectors. */
const BLOCK = 16;
/** To lay the rows of smaller matrices out takes as long as it saves. */
const LEAST_SIZE = 256;

const TO_PIXELS = [0, 3, 1, 2];
const TO_ROWS = [0, 2, 3, 1];
/** Look at each value by itself. */
const BY_VALUE = ['Add', 'Sub', 'Mul', 'Div', 'Erf', 'Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'Gelu'];

/** Rows times a matrix of weights, and a vector that is added to each. */
interface Product {
  rows: string;
  /** Of `rows`. */
  shape: Dim[];
  /** [inner, columns], or turned. */
  matrix: OnnxTensor;
  isTurned: boolean;
  bias?: string;
}

/**
 * A product with a matrix of weights is a convolution of 1 × 1 over as many pixels as there are rows. ONNX Runtime lays the
 * weights of a convolution out for the processor once, when the graph is prepared, and those of a matrix whenever they are
 * used, unless a session packs them, in memory of its own (256 × 336 times 336 × 1344: 1.21 instead of 1.48 ms, and 0.14 for
 * the layout of the rows).
 */
export function matrixAsConvolution(node: OnnxNode, surroundings: Surroundings): OnnxNode[] | undefined {
  const product = node.opType === 'Add' ? sumOf(node, surroundings) : productOf(node, surroundings);
  if (!product) return undefined;
  const { rows, shape, matrix, isTurned, bias } = product;
  const [inner = 0, columns = 0] = isTurned ? matrix.shape.toReversed() : matrix.shape;
  if ([inner, columns].some((size) => size < LEAST_SIZE || size % BLOCK !== 0)) return undefined;
  const weights = tensorFloats(matrix);
  if (!weights) return undefined;

  const [output = ''] = node.outputs;
  const nodes: OnnxNode[] = [];
  const place = (opType: string, inputs: string[], made: Dim[], attributes: Record<string, number | number[]> = {}) => {
    const name = `${output}:pointwise:${nodes.length}`;
    nodes.push(makeNode(opType, name, inputs, [name], attributes));
    surroundings.setShape(name, made);
    return name;
  };
  const integers = (all: number[]) =>
    surroundings.add(makeTensor(`pointwise:[${all}]`, [all.length], BigInt64Array.from(all, BigInt)));
  const kernels = surroundings.add(
    makeTensor(
      `${matrix.name}:pointwise`,
      [columns, inner, 1, 1],
      isTurned ? weights : turned(weights, inner, columns),
    ),
  );

  const count = timesAll(shape.slice(0, -1));
  const inRows = place('Reshape', [rows, integers([1, 1, -1, inner])], [1, 1, count, inner]);
  const pixels = place('Transpose', [inRows], [1, inner, 1, count], { perm: TO_PIXELS });
  const convolved = [pixels, kernels, ...(bias === undefined ? [] : [bias])];
  const products = place('Conv', convolved, [1, columns, 1, count], { kernel_shape: [1, 1] });
  const productsInRows = place('Transpose', [products], [1, 1, count, columns], { perm: TO_ROWS });
  surroundings.setShape(output, [...shape.slice(0, -1), columns]);
  const open = Math.max(0, shape.findIndex(isOpen));
  const after = [...shape.slice(0, -1), columns].map((size, axis) => (axis === open ? -1 : Number(size)));
  return [...nodes, makeNode('Reshape', output, [productsInRows, integers(after)], [output])];
}

function productOf({ opType, domain, inputs, attributes }: OnnxNode, { graph }: Surroundings): Product | undefined {
  const [rows = '', second = '', bias] = inputs;
  const matrix = graph.initializers.get(second);
  const shape = graph.shapes.get(rows) ?? (opType === 'Gemm' ? [undefined, undefined] : []);
  if (domain !== '' || matrix?.shape.length !== 2 || shape.length < 2) return undefined;
  // What one dimension is can be worked out from the others.
  if (shape.slice(0, -1).filter(isOpen).length > 1) return undefined;
  if (opType === 'MatMul') return { rows, shape, matrix, isTurned: false };
  const isPlain = ['alpha', 'beta'].every((name) => Number(attributes.get(name) ?? 1) === 1);
  if (opType !== 'Gemm' || !isPlain || attributes.get('transA')) return undefined;
  const isTurned = Boolean(attributes.get('transB'));
  const product = { rows, shape, matrix, isTurned };
  if (bias === undefined) return product;
  // A convolution takes a number for each column; a Gemm takes one for all, too.
  return String(graph.initializers.get(bias)?.shape) === String(matrix.shape[isTurned ? 0 : 1])
    ? { ...product, bias }
    : undefined;
}

/** Known only when the graph is run. */
const isOpen = (size: Dim) => typeof size !== 'number';

/** A product that nothing else needs, with a vector added to it. */
function sumOf({ inputs }: OnnxNode, surroundings: Surroundings): Product | undefined {
  const { graph, producer, isUsedOnce } = surroundings;
  const bias = inputs.find((input) => graph.initializers.get(input)?.shape.length === 1);
  const sum = inputs.find((input) => input !== bias) ?? '';
  const node = isUsedOnce(sum) ? producer(sum) : undefined;
  const product = node?.opType === 'MatMul' ? productOf(node, surroundings) : undefined;
  if (bias === undefined || graph.initializers.get(bias)?.shape[0] !== product?.matrix.shape[1]) return undefined;
  return product && { ...product, bias };
}

/** @returns [columns, inner] of [inner, columns]. */
function turned(values: Float32Array, inner: number, columns: number): Float32Array {
  return values.map((_, at) => values[(at % inner) * columns + Math.floor(at / inner)] ?? 0);
}

/**
 * What lies between two of these convolutions and looks at each value by itself, as GELU does, needs no rows: it stays in
 * the layout of the pixels.
 */
export function stayInPixels(node: OnnxNode, { graph, producer, setShape }: Surroundings): OnnxNode[] | undefined {
  const isTransposition = (made: OnnxNode | undefined, perm: number[]) =>
    made?.opType === 'Transpose' && String(made.attributes.get('perm')) === String(perm);
  const [output = ''] = node.outputs;
  const rows = isTransposition(node, TO_PIXELS) ? producer(node.inputs[0] ?? '') : undefined;
  const steps = new Map<string, OnnxNode>();
  /** Makes the rows. */
  let start: OnnxNode | undefined;
  /** The name in pixels of a value in rows; undefined where it does not come from a convolution. */
  function inPixels(value: string): string | undefined {
    if (graph.initializers.get(value)?.shape.every((size) => size === 1)) return value;
    const step = steps.get(value);
    if (step) return step.name;
    const made = producer(value);
    const before = producer(made?.inputs[0] ?? '');
    if (made?.opType === 'Reshape' && isTransposition(before, TO_ROWS)) {
      start ??= made;
      // Others may have other sizes.
      return start === made ? before?.inputs[0] : undefined;
    }
    if (!made || !BY_VALUE.includes(made.opType)) return undefined;
    const inputs = made.inputs.map(inPixels);
    if (!inputs.every((input) => input !== undefined)) return undefined;
    const name = `${output}:${value}`;
    steps.set(value, nodeLike(made, value === rows?.inputs[0] ? output : name, inputs));
    return name;
  }
  const isMoved = rows?.opType === 'Reshape' && inPixels(rows.inputs[0] ?? '') !== undefined;
  if (!isMoved || steps.size === 0) return undefined;
  const shape = graph.shapes.get(producer(start?.inputs[0] ?? '')?.inputs[0] ?? '');
  // A network may have such movements of its own, which make rows of something else.
  if (!shape || !isLineOfPixels(shape) || String(graph.shapes.get(output)) !== String(shape)) return undefined;
  for (const { name } of steps.values()) setShape(name, shape);
  return [...steps.values()];
}

/** Only there a pixel is a row of a matrix. */
const isLineOfPixels = ([samples, , height]: Dim[]): boolean => samples === 1 && height === 1;
