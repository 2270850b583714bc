import { makeNode, makeTensor, type OnnxNode, tensorFloats } from './graph.ts';
import type { Surroundings } from './rule.ts';
import { FLOAT } from './value-info.ts';

// A convolution over rows by Winograd's minimal filtering (Winograd 1980; for networks: Lavin and Gray, arXiv 1509.09308),
// along the height only: four rows of the output at once take 6 products per column of a kernel with 3 rows instead of
// 12, or 8 instead of 20 with 5 rows. In parts that ONNX Runtime has fast code for, in its blocked layout of channels:
//
//   input ──▸ n depthwise convolutions of n rows, stride 4 ──▸ side by side as n groups of channels
//         ──▸ convolution of one row in n groups ──▸ a matrix of 4 × n over the groups ──▸ rows in their order
//
// The transform of the other axis as well would save more products, but each transform reads and writes everything: as it
// is, the convolutions of 5 × 5 of the published network take 60 % of the time they took, a third of that for the transforms (AVX-512).

/** Rows of the output that are computed at once. */
const ROWS = 4;
/** Points of evaluation, by the rows of the kernel; infinity is one more. The numbers of the transforms stay small. */
const POINTS: Record<number, number[]> = { 3: [0, 1, -1, 2, -2], 5: [0, 1, -1, 2, -2, 0.5, -0.5] };
/** ONNX Runtime's blocked layout has so many channels side by side, on the processors with the widest vectors. */
const BLOCK = 16;
/** With fewer, the transforms take as long as what is saved. */
const LEAST_CHANNELS = 32;

export interface MinimalFilter {
  /** n × n: n rows of the input to n sums. */
  input: number[][];
  /** n × r: the r rows of a column of the kernel to n factors. */
  kernel: number[][];
  /** 4 × n: n products to 4 rows of the output. */
  output: number[][];
}

/**
 * The transforms of F(4, r), n = r + 3: output · ((kernel · g) ∘ (input · d)) is the correlation of d with g.
 * By Toom and Cook: evaluation of polynomials at points, and interpolation, transposed.
 * @param taps r, the rows of the kernel: 3 or 5.
 */
export function minimalFilter(taps: number): MinimalFilter {
  const points = POINTS[taps];
  if (!points) throw new RangeError(`no points for kernels of ${taps} rows`);
  const others = (i: number) => points.filter((_, j) => j !== i);
  const infinity = (length: number) => Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0));
  const powers = (point: number, count: number) => Array.from({ length: count }, (_, k) => point ** k);
  const input = [...points.map((_, i) => [...monic(others(i)), 0]), monic(points)];
  const kernel = [
    ...points.map((point, i) => {
      const scale = others(i).reduce((product, other) => product * (point - other), 1);
      return powers(point, taps).map((power) => power / scale);
    }),
    infinity(taps),
  ];
  const output = [...points.map((point) => powers(point, ROWS)), infinity(ROWS)];
  // What one transform is scaled by, by powers of two, another one takes back: similar sums lose the fewest digits.
  const columns = points.length + 1;
  for (let i = 0; i < columns; i++) {
    const bySize = [input[i] ?? [], output[i] ?? []].map((row) => 2 ** Math.round(Math.log2(largest(row))));
    const [ofInput = 1, ofOutput = 1] = bySize;
    input[i] = (input[i] ?? []).map((value) => value / ofInput);
    output[i] = (output[i] ?? []).map((value) => value / ofOutput);
    kernel[i] = (kernel[i] ?? []).map((value) => value * ofInput * ofOutput);
  }
  return { input, kernel, output: Array.from({ length: ROWS }, (_, row) => output.map((column) => column[row] ?? 0)) };
}

/** Coefficients of the polynomial with these roots, the constant first. */
function monic(roots: number[]): number[] {
  let polynomial = [1];
  for (const root of roots) {
    const shifted = [0, ...polynomial];
    polynomial = shifted.map((value, k) => value - root * (polynomial[k] ?? 0));
  }
  return polynomial;
}

const largest = (values: number[]) => Math.max(...values.map(Math.abs));

/** A convolution of floats with 3 or 5 rows, stride 1 and enough channels, over images of a known size. */
export function fewerMultiplications(node: OnnxNode, surroundings: Surroundings): OnnxNode[] | undefined {
  const found = eligible(node, surroundings);
  if (!found) return undefined;
  const { weights, kernels, channels, taps, width, columns, rows, pads, input } = found;
  const [top, left, bottom, right] = pads;
  const filter = minimalFilter(taps);
  const groups = filter.input.length;
  const blocks = Math.ceil(rows / ROWS);
  const [output = ''] = node.outputs;
  const named = (part: string) => `${output}:winograd:${part}`;
  const floats = (name: string, shape: number[], values: Float32Array) =>
    surroundings.add(makeTensor(name, shape, values));
  const shapeOf = (name: string, shape: number[]) =>
    surroundings.add(makeTensor(name, [shape.length], BigInt64Array.from(shape.map(BigInt))));
  const conv = (part: string, inputs: string[], attributes: Record<string, number | number[]>) =>
    makeNode('Conv', named(part), inputs, [named(part)], { dilations: [1, 1], ...attributes });

  const sums = filter.input.map((row, i) =>
    conv(
      `sum ${i}`,
      [
        input,
        floats(
          `winograd:${taps} rows:${channels} channels:${i}`,
          [channels, 1, groups, 1],
          Float32Array.from({ length: channels * groups }, (_, k) => row[k % groups] ?? 0),
        ),
      ],
      {
        group: channels,
        kernel_shape: [groups, 1],
        strides: [ROWS, 1],
        // Below, as many rows as make the last four whole.
        pads: [top, 0, bottom + blocks * ROWS - rows, 0],
      },
    ),
  );
  const nodes = [
    ...sums,
    makeNode(
      'Concat',
      named('sums'),
      sums.map(({ name }) => name),
      [named('sums')],
      { axis: 1 },
    ),
    conv(
      'products',
      [
        named('sums'),
        floats(
          named('kernels'),
          [groups * kernels, channels, 1, width],
          transformKernels(weights, filter.kernel, kernels * channels, taps, width),
        ),
      ],
      { group: groups, kernel_shape: [1, width], strides: [1, 1], pads: [0, left, 0, right] },
    ),
    makeNode(
      'Reshape',
      named('groups'),
      [named('products'), shapeOf(named('groups shape'), [0, groups, kernels * blocks * columns])],
      [named('groups')],
    ),
    makeNode(
      'MatMul',
      named('rows'),
      [
        floats(`winograd:${taps} rows:output`, [ROWS, groups], Float32Array.from(filter.output.flat())),
        named('groups'),
      ],
      [named('rows')],
    ),
    makeNode(
      'Reshape',
      named('rows apart'),
      [named('rows'), shapeOf(named('rows shape'), [0, ROWS, kernels, blocks, columns])],
      [named('rows apart')],
    ),
    makeNode('Transpose', named('rows together'), [named('rows apart')], [named('rows together')], {
      perm: [0, 2, 3, 1, 4],
    }),
    makeNode(
      'Reshape',
      named('image'),
      [named('rows together'), shapeOf(named('image shape'), [0, kernels, blocks * ROWS, columns])],
      [named('image')],
    ),
  ];
  let image = named('image');
  if (blocks * ROWS !== rows) {
    const [from, to, axis] = [[0], [rows], [2]].map((list) => shapeOf(`winograd:${list[0]}`, list)) as [
      string,
      string,
      string,
    ];
    nodes.push(makeNode('Slice', named('cut'), [image, from, to, axis], [named('cut')]));
    image = named('cut');
  }
  // It adds what the convolution adds. What follows goes on in the blocked layout, and takes part in it as before.
  const one = floats(`winograd:one:${kernels}`, [kernels, 1, 1, 1], new Float32Array(kernels).fill(1));
  nodes.push(
    makeNode('Conv', output, [image, one, ...node.inputs.slice(2)], [output], {
      dilations: [1, 1],
      group: kernels,
      kernel_shape: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
    }),
  );
  return nodes;
}

function eligible({ opType, domain, inputs, outputs, attributes }: OnnxNode, { graph }: Surroundings) {
  if (opType !== 'Conv' || domain !== '') return undefined;
  const [input = '', weight = ''] = inputs;
  const tensor = graph.initializers.get(weight);
  const [kernels = 0, channels = 0, taps = 0, width = 0] = tensor?.shape ?? [];
  if (!tensor || tensor.dataType !== FLOAT || tensor.shape.length !== 4 || !(taps in POINTS)) return undefined;
  if ([kernels, channels].some((count) => count < LEAST_CHANNELS || count % BLOCK !== 0)) return undefined;
  const list = (name: string, otherwise: number[]) => (attributes.get(name) as number[] | undefined) ?? otherwise;
  const [top = 0, left = 0, bottom = 0, right = 0] = list('pads', []);
  const isPlain =
    [...list('strides', []), ...list('dilations', [])].every((each) => each === 1) &&
    (attributes.get('group') ?? 1) === 1 &&
    (attributes.get('auto_pad') ?? 'NOTSET') === 'NOTSET';
  const [, , rows, columns] = graph.shapes.get(outputs[0] ?? '') ?? [];
  if (!isPlain || typeof rows !== 'number' || typeof columns !== 'number') return undefined;
  const weights = tensorFloats(tensor);
  if (!weights) return undefined;
  const pads = [top, left, bottom, right] as const;
  return { weights, kernels, channels, taps, width, columns, rows, pads, input };
}

/**
 * @param weights [planes, taps, width].
 * @param transform [groups, taps].
 * @returns [groups, planes, width].
 */
function transformKernels(weights: Float32Array, transform: number[][], planes: number, taps: number, width: number) {
  const transformed = new Float32Array(transform.length * planes * width);
  let at = 0;
  for (const factors of transform) {
    for (let plane = 0; plane < planes; plane++) {
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let tap = 0; tap < taps; tap++)
          sum += (factors[tap] ?? 0) * (weights[(plane * taps + tap) * width + column] ?? 0);
        transformed[at++] = sum;
      }
    }
  }
  return transformed;
}
