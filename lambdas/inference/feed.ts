import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';
import { maybeTensor } from '../formats/named-tensor.ts';
import { formatShape, itemBytes, type Partition, type PartitionTensor } from '../formats/partition.ts';
import type { ModelGraph, TensorValue } from './session.ts';
import { type Numbers, toNumbers } from './tensor-data.ts';

type ModelInput = ModelPackage['inputs'][number];

/** How one model input is made from one tensor of the partition. */
export interface Feed {
  name: string;
  tensor: PartitionTensor;
  /** True where the file's bytes are handed to the model as they are. */
  zeroCopy: boolean;
  /** Bytes of a batch as received → the model's input, in memory that `take` gives where it cannot stay where it is. */
  make(bytes: Uint8Array, count: number, take: (bytes: number) => SharedArrayBuffer): TensorValue;
}

const toArray: Record<ModelInput['dtype'], (memory: SharedArrayBuffer, length: number) => Numbers> = {
  float32: (memory, length) => new Float32Array(memory, 0, length),
  float64: (memory, length) => new Float64Array(memory, 0, length),
  int32: (memory, length) => new Int32Array(memory, 0, length),
  int64: (memory, length) => new BigInt64Array(memory, 0, length),
  uint8: (memory, length) => new Uint8Array(memory, 0, length),
};

/**
 * Joins the model's inputs with the partition's tensors, one tensor per input.
 * @throws ModelMismatch naming file, tensor and shape where they do not fit.
 */
export function bindFeeds(key: string, inputs: ModelInput[], tensors: PartitionTensor[], session: ModelGraph): Feed[] {
  const given = new Set(inputs.map((input) => input.name));
  const unfed = [...session.inputs.keys()].filter((name) => !given.has(name));
  if (unfed.length > 0) {
    throw new Failure(
      'ModelMismatch',
      `${key}: the model also needs input ${unfed.join(', ')}; add it to "inputs" of model.json`,
    );
  }
  return inputs.map((input, i) => bindFeed(key, input, session, tensors[i] as PartitionTensor));
}

/**
 * The tensor of the partition that feeds an input.
 * @throws ModelMismatch where there is none.
 */
export function inputTensor(key: string, input: ModelInput, partition: Partition): PartitionTensor {
  const tensor = maybeTensor(partition, input.tensor);
  if (tensor) return tensor;
  const has = [...partition.tensors.keys()].join(', ') || 'none';
  throw new Failure(
    'ModelMismatch',
    `${key}: no tensor ${input.tensor} for model input ${input.name}; the file has: ${has}`,
  );
}

function bindFeed(key: string, input: ModelInput, session: ModelGraph, tensor: PartitionTensor): Feed {
  if (tensor.dtype === 'text') {
    const what = `tensor ${tensor.name} is text${tensor.note ? ` (${tensor.note})` : ''}, model input ${input.name} takes numbers`;
    throw new Failure('ModelMismatch', `${key}: ${what}; text serves as id only`);
  }
  const row = tensor.shape.slice(1);
  const cropped = cropShape(key, input, row);
  const wanted = session.inputs.get(input.name);
  if (!wanted) {
    const has = [...session.inputs.keys()].join(', ');
    throw new Failure('ModelMismatch', `${key}: the ONNX graph has no input ${input.name}; it has: ${has}`);
  }
  if (wanted.type !== input.dtype) {
    const what = `input ${input.name} is ${wanted.type} in the ONNX graph but ${input.dtype} in model.json`;
    throw new Failure('ModelMismatch', `${key}: ${what}; set "dtype": "${wanted.type}"`);
  }
  const dims = fitShape(key, input, tensor, cropped, wanted.shape);
  const sameType = tensor.dtype === input.dtype && !tensor.bigEndian;
  const zeroCopy = sameType && !input.crop && input.scale === 1 && input.offset === 0;
  const elements = cropped.reduce((n, d) => n * d, 1);
  const itemSize = itemBytes[input.dtype];
  return {
    name: input.name,
    tensor,
    zeroCopy,
    make(bytes, count, take) {
      const data = toNumbers(tensor, bytes);
      const shape = [count, ...dims];
      if (zeroCopy) return { type: input.dtype, data, shape };
      const target = toArray[input.dtype](take(count * elements * itemSize), count * elements);
      convert(data, row, cropped, target, input);
      return { type: input.dtype, data: target, shape };
    },
  };
}

function cropShape(key: string, input: ModelInput, row: number[]): number[] {
  if (!input.crop) return row;
  const [height, width] = row.slice(-2);
  const [cropHeight, cropWidth] = input.crop;
  if (row.length < 2 || height === undefined || width === undefined || cropHeight > height || cropWidth > width) {
    const what = `cannot crop ${formatShape(row)} of tensor ${input.tensor} to ${cropHeight} x ${cropWidth}`;
    throw new Failure('ModelMismatch', `${key}: ${what}`);
  }
  return [...row.slice(0, -2), cropHeight, cropWidth];
}

/** The shape of one sample as the model takes it. [n] and [n, 1] are the same thing. */
function fitShape(
  key: string,
  input: ModelInput,
  tensor: PartitionTensor,
  row: number[],
  wanted: (number | string)[],
): number[] {
  const [batch, ...sample] = wanted;
  const mismatch = (why: string) => {
    const file = `tensor ${tensor.name} ${formatShape(tensor.shape)}${input.crop ? ` cropped to ${formatShape(row)}` : ''}`;
    return new Failure(
      'ModelMismatch',
      `${key}: ${file} does not fit model input ${input.name} ${formatShape(wanted)}: ${why}`,
    );
  };
  if (typeof batch === 'number') {
    throw mismatch(`the model was exported for batches of exactly ${batch}; export it with a dynamic first dimension`);
  }
  const fits = (shape: number[]) =>
    shape.length === sample.length && sample.every((d, i) => typeof d === 'string' || d === shape[i]);
  if (fits(row)) return row;
  if (fits([...row, 1])) return [...row, 1];
  if (row.at(-1) === 1 && fits(row.slice(0, -1))) return row.slice(0, -1);
  throw mismatch(`one sample is ${formatShape(row)}`);
}

/** Centre crop of the last two dimensions, then x' = x * scale + offset, in the target's type. */
function convert(
  source: Numbers,
  row: number[],
  cropped: number[],
  target: Numbers,
  { scale, offset }: ModelInput,
): void {
  const [height = 1, width = 1] = row.length < 2 ? [1, row[0] ?? 1] : row.slice(-2);
  const [cropHeight = 1, cropWidth = 1] = cropped.length < 2 ? [1, cropped[0] ?? 1] : cropped.slice(-2);
  const top = (height - cropHeight) >> 1;
  const left = (width - cropWidth) >> 1;
  const plain = scale === 1 && offset === 0;
  const big = target instanceof BigInt64Array;
  let to = 0;
  for (let plane = 0; plane * height * width < source.length; plane++) {
    for (let y = 0; y < cropHeight; y++) {
      const from = (plane * height + top + y) * width + left;
      if (plain && source.constructor === target.constructor) {
        target.set(source.subarray(from, from + cropWidth) as never, to);
        to += cropWidth;
      } else if (big) {
        for (let x = 0; x < cropWidth; x++)
          target[to++] = BigInt(Math.trunc(Number(source[from + x]) * scale + offset));
      } else {
        for (let x = 0; x < cropWidth; x++) (target as Float64Array)[to++] = Number(source[from + x]) * scale + offset;
      }
    }
  }
}
