import type { ModelPackage } from '../../lib/domain/model-package.ts';
import type { RunContext } from '../../lib/domain/plan.ts';
import { Failure } from '../failure.ts';
import { idTensors } from '../formats/named-tensor.ts';
import type { Dtype, Partition, PartitionTensor } from '../formats/partition.ts';
import { type ColumnType, type ColumnValues, newColumn, type ParquetColumn } from '../parquet-columns.ts';
import type { PredictionsMetadata } from '../predictions-metadata.ts';
import type { Batch } from './batches.ts';
import type { ColumnTensors } from './output-columns.ts';
import { textRows } from './tensor-data.ts';

/** Makes the rows of the predictions file: source, row, id, predicted columns, truth columns. */
export interface PredictionTable {
  columns: ParquetColumn[];
  metadata: PredictionsMetadata;
  /**
   * Whether it is for this partition, and outputs are of the types that it was laid out by: a script may return others.
   * @throws ModelMismatch where they have another number of values per sample.
   */
  fits(partition: Partition, outputs: ColumnTensors): boolean;
  /** Values of one batch, column by column. */
  rows(source: string, batch: Pick<Batch, 'start' | 'count' | 'columns'>, predicted: ColumnTensors): ColumnValues[];
}

type Truth = ModelPackage['truth'][number];

/** Where the values of a column come from: `index` of `width` values per row of a tensor or output. */
interface ColumnSource extends ParquetColumn {
  from: string;
  width: number;
  index: number;
}

const columnTypes: Record<Dtype, ColumnType> = {
  text: 'STRING',
  bool: 'INT32',
  uint8: 'INT32',
  int8: 'INT32',
  uint16: 'INT32',
  int16: 'INT32',
  uint32: 'INT64',
  int32: 'INT32',
  uint64: 'UINT64',
  int64: 'INT64',
  float16: 'FLOAT',
  bfloat16: 'FLOAT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
};

/**
 * Lays out the table by what a batch gave.
 * @param partition for id and truth.
 * @throws ModelMismatch where outputs or truths do not fit model.json.
 */
export function layOutTable(
  key: string,
  run: Pick<RunContext, 'execution_arn'>,
  manifest: ModelPackage,
  partition: Partition,
  outputs: ColumnTensors,
): PredictionTable {
  const predicted = manifest.outputs.flatMap((output) => predictedColumns(key, output, outputs));
  const { tensors } = partition;
  const identifying = manifest.id === undefined ? [] : idTensors(partition, manifest.id);
  const ids = identifying.flatMap((tensor, i) => tensorColumns(identifying.length > 1 ? `id_${i}` : 'id', tensor));
  const taken = new Set(['source', 'row', ...[...ids, ...predicted].map((column) => column.name)]);
  const truths = manifest.truth.flatMap((truth) => {
    const name = truthName(truth, manifest, predicted, taken);
    const tensor = tensors.get(truth.tensor);
    if (tensor?.dtype === 'text')
      throw new Failure('ModelMismatch', `${key}: truth of ${truth.column}: ${textTruth(tensor)}`);
    return truthColumns(key, truth, predicted, name, tensor);
  });
  // One tensor may be the truth of several outputs, such as a mean and a median: it stands in the table once.
  const truthsOnce = truths.filter(
    (truth, i) => tensors.has(truth.from) && truths.findIndex((other) => isSameColumn(other, truth)) === i,
  );
  const columns: ParquetColumn[] = [
    { name: 'source', type: 'STRING' },
    { name: 'row', type: 'INT32' },
    ...[...ids, ...predicted, ...truthsOnce].map(({ name, type }) => ({ name, type })),
  ];
  requireOwnNames(key, columns);
  const laidOut = Object.entries(outputs).map(([column, { type, shape }]) => ({ column, type, width: widthOf(shape) }));
  const absent = [...new Set(manifest.truth.map((truth) => truth.tensor))].filter((name) => !tensors.has(name));
  return {
    columns,
    fits(other, others) {
      if (other !== partition) return false;
      return laidOut.every(({ column, type, width }) => {
        const now = others[column];
        if (now && widthOf(now.shape) === width) return now.type === type;
        const what = `column ${column} has ${now && widthOf(now.shape)} values per sample in a batch, ${width} in one before`;
        throw new Failure('ModelMismatch', `${key}: ${what}; it must have as many in all`);
      });
    },
    metadata: {
      predicted: predicted.map(({ name, unit }) => ({ column: name, unit })),
      truth: truths.map(({ name, of, unit }) => ({ column: of, truth: name, unit })),
      absent: manifest.id === undefined || ids.length > 0 ? absent : [manifest.id, ...absent],
      execution_arn: run.execution_arn,
    },
    rows(source, batch, results) {
      const tensorValues = (column: ColumnSource) => pick(column, batch.columns.get(column.from), batch.count);
      return [
        new Array<string>(batch.count).fill(source),
        Int32Array.from({ length: batch.count }, (_, i) => batch.start + i),
        ...ids.map(tensorValues),
        ...predicted.map((column) => pick(column, results[column.from]?.data, batch.count)),
        ...truthsOnce.map(tensorValues),
      ];
    },
  };
}

/** Samples of which some predicted value is NaN or infinite. */
export function countNotANumber({ columns, metadata }: PredictionTable, values: ColumnValues[], count: number): number {
  const names = new Set(metadata.predicted.map(({ column }) => column));
  const floats = values.filter(
    (_, i) => names.has(columns[i]?.name ?? '') && /^(FLOAT|DOUBLE)$/.test(columns[i]?.type ?? ''),
  );
  let samples = 0;
  for (let row = 0; row < count; row++) if (!floats.every((column) => Number.isFinite(column[row]))) samples += 1;
  return samples;
}

function requireOwnNames(key: string, columns: ParquetColumn[]): void {
  const names = columns.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) < i))];
  if (twice.length === 0) return;
  const what = `two columns of the predictions would be named ${twice.join(', ')}; change "column" in model.json`;
  throw new Failure('ModelMismatch', `${key}: ${what}`);
}

function predictedColumns(key: string, output: ModelPackage['outputs'][number], outputs: ColumnTensors) {
  const value = outputs[output.column];
  const type = value && (columnTypes as Record<string, ColumnType | undefined>)[value.type];
  if (!value || !type) {
    throw new Failure(
      'ModelMismatch',
      `${key}: output ${output.name ?? output.column} is ${value?.type}, which is no number`,
    );
  }
  const width = widthOf(value.shape);
  const unit = output.unit ?? null;
  return expand(output.column, width).map((name, index) => ({
    name,
    type,
    from: output.column,
    width,
    index,
    column: output.column,
    unit,
  }));
}

/** Why a text cannot be compared with predictions. */
export const textTruth = ({ name, note }: PartitionTensor) =>
  `tensor ${name} is text${note ? ` (${note})` : ''}, and a truth is a number; store it as numbers (of classes 0, 1, …, as argmax gives them), or take it out of "truth" in model.json`;

/**
 * What the columns of a truth begin with: the name of its tensor. Where several tensors stand side by side, or a column of
 * that name is there already, that of the first output that it is the truth of, and `_true`.
 */
function truthName(
  { column, tensor }: Truth,
  manifest: ModelPackage,
  predicted: { column: string }[],
  taken: ReadonlySet<string>,
): string {
  const width = predicted.filter((target) => target.column === column).length;
  if (!tensor.includes(',') && !expand(tensor, width).some((name) => taken.has(name))) return tensor;
  const first = manifest.truth.find((other) => other.tensor === tensor);
  return `${first?.column ?? column}_true`;
}

/** The truth columns of one predicted column, joined with their predictions one to one; of a tensor that is absent, too. */
function truthColumns(
  key: string,
  truth: Truth,
  predicted: (ColumnSource & { column: string; unit: string | null })[],
  name: string,
  tensor: PartitionTensor | undefined,
) {
  const targets = predicted.filter((target) => target.column === truth.column);
  if (targets.length === 0) {
    const has = [...new Set(predicted.map((target) => target.column))].join(', ');
    throw new Failure(
      'ModelMismatch',
      `${key}: "truth" of model.json names column ${truth.column}; outputs are: ${has}`,
    );
  }
  const width = targets.length;
  const absent = expand(name, width).map((column, index): ColumnSource => {
    return { name: column, type: 'FLOAT', from: truth.tensor, width, index };
  });
  const columns = tensor ? tensorColumns(name, tensor) : absent;
  if (columns.length !== targets.length) {
    const what = `truth ${truth.tensor} has ${columns.length} values per sample, column ${truth.column} ${targets.length}`;
    throw new Failure('ModelMismatch', `${key}: ${what}`);
  }
  return columns.flatMap((source, i) => {
    const target = targets[i];
    return target ? [{ ...source, of: target.name, unit: truth.unit ?? target.unit }] : [];
  });
}

function tensorColumns(name: string, tensor: PartitionTensor): ColumnSource[] {
  const width = widthOf(tensor.shape);
  const type = columnTypes[tensor.dtype];
  if (type === 'STRING') return [{ name, type, from: tensor.name, width, index: 0 }];
  return expand(name, width).map((column, index) => ({ name: column, type, from: tensor.name, width, index }));
}

const isSameColumn = (a: ColumnSource, b: ColumnSource) =>
  a.name === b.name && a.from === b.from && a.index === b.index;

/** Values per sample. */
const widthOf = (shape: readonly number[]) => shape.slice(1).reduce((n, d) => n * d, 1);

const expand = (name: string, width: number) =>
  width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`);

function pick(
  { type, width, index }: ColumnSource,
  data: ArrayLike<number | bigint> | undefined,
  count: number,
): ColumnValues {
  if (type === 'STRING') return data ? textRows(data as Uint8Array, count) : new Array<string>(count).fill('');
  const values = newColumn(type, count) as (number | bigint)[] & ColumnValues;
  const isBig = type === 'INT64' || type === 'UINT64';
  for (let row = 0; row < count; row++) {
    const value = data?.[row * width + index] ?? 0;
    values[row] = isBig ? BigInt(value) : Number(value);
  }
  return values;
}
