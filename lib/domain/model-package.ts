import * as z from 'zod/mini';

// As in plan.ts: zod/mini for a short cold start.
z.config(z.locales.en());

/** Element types that a model input can have. ONNX Runtime for Node has no bfloat16; files may hold it. */
export const inputDtypes = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
] as const;
export type InputDtype = (typeof inputDtypes)[number];

/**
 * What is made of the values that an output has for one sample. `argmax`, `softmax`, `max`, `min`, `mean`, `sum` and
 * `first` go along the last dimension, the others value by value; defined in lambdas/models/README.md.
 */
export const reductions = [
  'none',
  'first',
  'mean',
  'sum',
  'min',
  'max',
  'argmax',
  'softmax',
  'sigmoid',
  'exp',
] as const;
export type Reduction = (typeof reductions)[number];

/** A number for all values, or one for each channel (columns of a table are channels). */
const perChannel = z.union([z.number(), z.array(z.number()).check(z.minLength(1))]);
/** A file beside model.json. */
const fileName = (pattern: RegExp, kind: string) =>
  z.string().check(z.regex(pattern, `must be the name of ${kind} in the folder of model.json, without a path`));
const axes = z.string().check(
  z.regex(
    /^n[a-mo-z]+$/,
    'must name the dimensions by one small letter each, beginning with n for samples, such as nhwc',
  ),
  z.refine((letters) => new Set(letters).size === letters.length, 'must name each dimension by a letter of its own'),
);
const name = z.string().check(z.minLength(1));
const pixels = z.int().check(z.positive());

/** One model input: which tensor of the partition feeds it, and what is done to it on the way. */
export const modelInput = z.strictObject({
  /** Input name in the ONNX graph. */
  name,
  /**
   * Tensor (or column) of the partition; several with commas between (`u, g, r`) stand side by side as [n, k]. Left out
   * where the script's `preprocess` makes this input.
   */
  tensor: z.optional(name),
  /** Type in the ONNX graph, which the values are cast to; left out = whatever the graph says. */
  dtype: z.optional(z.enum(inputDtypes)),
  /** Centre crop to [height, width], pixels: of the dimensions h and w of `layout`, else of the last two. */
  crop: z.optional(z.tuple([pixels, pixels])),
  /** x' = x * scale + offset */
  scale: z._default(perChannel, 1),
  offset: z._default(perChannel, 0),
  /** x' = (x - mean) / std, instead of scale and offset. */
  mean: z.optional(perChannel),
  std: z.optional(perChannel),
  /**
   * Dimensions of the tensor as stored and as the model takes them, a letter each, n for samples: {from: 'nhwc', to:
   * 'nchw'}. `c` is the one that lists of scale, offset, mean and std belong to; without `layout` it is the first after
   * the samples.
   */
  layout: z.optional(z.strictObject({ from: axes, to: z.optional(axes) })),
});

/** One column (or several side by side) of the predictions. [n] or [n, 1] is one column, [n, k] gives `column_0 … column_k-1`. */
export const modelOutput = z.strictObject({
  /** Output name in the ONNX graph. Left out where the script's `postprocess` makes this column. */
  name: z.optional(name),
  column: name,
  unit: z.optional(z.string()),
  /** One reduction, or several in this order. */
  reduce: z._default(z.union([z.enum(reductions), z.array(z.enum(reductions))]), 'none'),
});

const packageFields = z.strictObject({
  $schema: z.optional(z.string()),
  version: z.literal(1),
  name,
  description: z.optional(z.string()),
  /** File name of the ONNX graph. */
  onnx: fileName(/^[^/\\]+\.onnx$/i, 'an .onnx file'),
  /** Files that hold the weights where they are not in the ONNX file itself. */
  external_data: z._default(z.array(fileName(/^[^/\\]+$/, 'a file')), []),
  /** ES module that exports `preprocess`, `postprocess` or both. */
  script: z.optional(fileName(/^[^/\\]+\.m?js$/, 'an .mjs or .js file')),
  /** Tensors that the functions of the script get besides those that `inputs` name. */
  reads: z._default(z.array(name), []),
  inputs: z.array(modelInput).check(z.minLength(1)),
  outputs: z.array(modelOutput).check(z.minLength(1)),
  /** Tensor of the partition that identifies a sample. */
  id: z.optional(name),
  /** Truth for an output column: which tensor holds it. */
  truth: z._default(z.array(z.strictObject({ column: z.string(), tensor: name, unit: z.optional(z.string()) })), []),
  /**
   * Whether what the model says of a sample depends on the other samples of its batch. If not, which is usual, a large
   * batch is computed in slices that fit into the processor's caches; the outputs are the same.
   */
  samples_interact: z._default(z.boolean(), false),
  /** Measured when it was trained; shown, never computed with. */
  measured: z.optional(z.record(z.string(), z.unknown())),
});

/** `model.json` of a model package. Each field is explained in lambdas/models/README.md. */
export const modelPackage = packageFields.check(
  z.superRefine((value, context) => {
    for (const [path, message] of contradictions(value)) context.addIssue({ code: 'custom', path, message });
  }),
);
export type ModelPackage = z.infer<typeof modelPackage>;
export type ModelInput = ModelPackage['inputs'][number];
export type ModelOutput = ModelPackage['outputs'][number];

/** The files that hold the graph and its weights. */
export const graphFiles = ({ onnx, external_data }: ModelPackage): string[] => [onnx, ...external_data];

/** The files of a package besides model.json that are read to use it. */
export const packageFiles = (described: ModelPackage): string[] => [
  ...graphFiles(described),
  ...(described.script === undefined ? [] : [described.script]),
];

/** Names of the columns that every predictions file begins with. */
const OWN_COLUMNS = ['source', 'row'];

type Contradiction = [path: (string | number)[], message: string];

/** What each field allows but not all of them together. */
function* contradictions(value: z.infer<typeof packageFields>): Generator<Contradiction> {
  for (const [i, input] of value.inputs.entries()) yield* inputContradictions(i, input, value);
  for (const [i, file] of value.external_data.entries())
    if (file === value.onnx || value.external_data.indexOf(file) < i)
      yield [['external_data', i], `"${file}" is there twice; name each file of the graph once`];
  const columns = value.outputs.map(({ column }) => column);
  for (const [i, output] of value.outputs.entries()) {
    const { name, column } = output;
    if (name === undefined && value.script === undefined)
      yield [
        ['outputs', i, 'name'],
        'must name an output of the graph, as there is no script whose postprocess makes it',
      ];
    if (OWN_COLUMNS.includes(column) || (column === 'id' && value.id !== undefined))
      yield [['outputs', i, 'column'], `"${column}" is the name of a column of ours; choose another`];
    else if (columns.indexOf(column) < i)
      yield [['outputs', i, 'column'], `"${column}" is there twice; choose another`];
  }
  for (const [i, { column }] of value.truth.entries()) {
    if (!columns.includes(column))
      yield [['truth', i, 'column'], `"${column}" is no column of outputs; they are: ${columns.join(', ')}`];
    else if (value.truth.findIndex((truth) => truth.column === column) < i)
      yield [['truth', i, 'column'], `"${column}" has a truth already`];
  }
}

function* inputContradictions(
  i: number,
  { name, tensor, scale, offset, mean, std, layout }: ModelInput,
  { inputs, script }: z.infer<typeof packageFields>,
): Generator<Contradiction> {
  if (inputs.findIndex((other) => other.name === name) < i)
    yield [['inputs', i, 'name'], `"${name}" is there twice; each input of the graph is fed once`];
  if (tensor === undefined && script === undefined)
    yield [['inputs', i, 'tensor'], 'must name a tensor of the data, as there is no script whose preprocess makes it'];
  if ((mean !== undefined || std !== undefined) && (scale !== 1 || offset !== 0))
    yield [['inputs', i], 'has mean or std and scale or offset; give one pair only'];
  if ([std ?? 1].flat().includes(0)) yield [['inputs', i, 'std'], 'must not be 0: it is divided by'];
  if (layout?.to !== undefined && [...layout.to].sort().join() !== [...layout.from].sort().join())
    yield [['inputs', i, 'layout', 'to'], `must have the letters of from, "${layout.from}", in another order`];
}

/** A model package as the picker and the models page show it. */
export interface Model {
  /** `<bucket>/<prefix>` */
  id: string;
  bucket: string;
  prefix: string;
  name: string;
  description: string | null;
  /** Of the graph, with its external data. */
  sizeBytes: number;
  /** Of the graph: its version (graph-version.ts). */
  etag: string;
  /** ISO time at which the graph was uploaded; null where it is not there. */
  modifiedAt: string | null;
  inputs: { name: string; tensor: string | null; steps: string[] }[];
  /** Tensors that only the script reads. */
  reads: string[];
  outputs: { name: string | null; column: string; unit: string | null; reduce: string | null }[];
  /** Tensor that identifies a sample. */
  idTensor: string | null;
  truth: { column: string; tensor: string }[];
  script: string | null;
  measured: Record<string, unknown> | null;
  /** Why it cannot be used, in words; null when it can. */
  problem: string | null;
}
