import type { ModelOutput, ModelPackage } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';
import { formatShape } from '../formats/partition.ts';
import type { Batch } from './batches.ts';
import { type ModelScript, type ScriptContext, type ScriptTensors, scriptFailure } from './model-script.ts';
import { reduceOutput } from './reduce-output.ts';
import type { BatchOutputs } from './session.ts';
import { arrayTypes, isNumbers, type TensorValue } from './tensor-data.ts';

/** Values of the predicted columns of one batch, by the names that model.json gives them. */
export type ColumnTensors = Record<string, TensorValue>;
type BatchOfFile = Pick<Batch, 'start' | 'count' | 'given'> & { key: string };

/**
 * What the model gave for a batch, as the columns of the predictions: what `postprocess` returns, else the outputs,
 * reduced as model.json says.
 * @throws ModelMismatch, or ScriptFailed, where a column cannot be had.
 */
export async function outputColumns(
  rank: number,
  manifest: ModelPackage,
  script: ModelScript | undefined,
  batch: BatchOfFile,
  computed: Pick<BatchOutputs, 'outputs' | 'rowless'>,
): Promise<ColumnTensors> {
  const context = { rank, file: batch.key, firstRow: batch.start, rows: batch.count };
  const made = script?.postprocess ? await postprocess(manifest, script, batch, computed.outputs, context) : {};
  return Object.fromEntries(
    manifest.outputs.map((output) => [
      output.column,
      made[output.column] ?? graphColumn(output, batch, computed, script, context),
    ]),
  );
}

async function postprocess(
  { outputs: described }: ModelPackage,
  script: ModelScript,
  batch: BatchOfFile,
  outputs: Record<string, TensorValue>,
  context: ScriptContext,
): Promise<ColumnTensors> {
  // It may write into what it gets: columns that it does not return are the graph's all the same.
  const given = Object.entries(outputs).map(([name, { type, data, shape }]) => [
    name,
    { type, data: data.slice(), dims: [...shape] },
  ]);
  const tensors = batch.given ?? {};
  const returned =
    (await script.postprocess?.(Object.fromEntries(given) as ScriptTensors, { ...context, tensors })) ?? {};
  const fail = (what: string) => scriptFailure(script.file, 'postprocess', context, what);
  const known = described.map(({ column }) => column);
  const made: ColumnTensors = {};
  for (const [column, value] of Object.entries(returned)) {
    if (!known.includes(column))
      throw fail(
        `it returned column ${column}, which "outputs" of model.json does not have; it has: ${known.join(', ')}`,
      );
    const tensor = readColumn(column, value, context.rows);
    if (typeof tensor === 'string') throw fail(tensor);
    made[column] = tensor;
  }
  return made;
}

/** Values that a script returned for a column, or why they are none. */
function readColumn(column: string, value: unknown, count: number): TensorValue | string {
  const given = typeof value === 'object' && value !== null && 'data' in value ? value : { data: value };
  const data = toTyped(given.data);
  if (!data) return `column ${column} must be a typed array, an array of numbers, or {data, dims}`;
  const shape = 'dims' in given ? (given.dims as number[]) : [data.length];
  if (!Array.isArray(shape) || shape.reduce((n, d) => n * d, 1) !== data.length)
    return `column ${column}: dims ${JSON.stringify(shape)} do not fit ${data.length} values`;
  if (shape[0] !== count) return `column ${column} has ${shape[0]} rows for a batch of ${count}`;
  if (data.length === 0) return `column ${column} has dims ${formatShape(shape)}, which hold no values`;
  return { type: arrayTypes(data)[0] ?? 'float64', data, shape };
}

function toTyped(data: unknown) {
  if (isNumbers(data)) return data;
  if (!Array.isArray(data)) return undefined;
  if (data.every((value) => typeof value === 'bigint')) return BigInt64Array.from(data as bigint[]);
  return data.every((value) => typeof value === 'number' || typeof value === 'boolean')
    ? Float64Array.from(data, Number)
    : undefined;
}

function graphColumn(
  { name, column, reduce }: ModelOutput,
  { key, count }: BatchOfFile,
  { outputs, rowless }: Pick<BatchOutputs, 'outputs' | 'rowless'>,
  script: ModelScript | undefined,
  context: ScriptContext,
): TensorValue {
  if (name === undefined) {
    const what = `it did not return column ${column}, which has no "name" of an output in model.json`;
    throw scriptFailure(script?.file ?? 'the script', 'postprocess', context, what);
  }
  const value = outputs[name];
  if (!value || !isNumbers(value.data))
    throw new Failure('ModelMismatch', `${key}: output ${name} is ${value?.type}, which is no number`);
  if (value.shape[0] !== count) {
    const shape = formatShape(value.shape);
    const what = `output ${name} is ${shape} for a batch of ${count}; its first dimension must be ${count}`;
    throw new Failure('ModelMismatch', `${key}: ${what}`);
  }
  if (rowless.includes(name)) {
    const what = `output ${name} is ${formatShape(value.shape)} for a batch of ${count}, but has not a row for each sample where fewer are computed; its first dimension must be the number of samples`;
    throw new Failure('ModelMismatch', `${key}: ${what}`);
  }
  // Reduced it would be a row of zeros.
  if (value.data.length === 0)
    throw new Failure('ModelMismatch', `${key}: output ${name} is ${formatShape(value.shape)}, which holds no values`);
  return reduce === 'none' ? value : reduceOutput(value, reduce);
}
