/// <reference lib="es2025.float16" />
import type { Reduction } from '../../lib/domain/model-package.ts';
import type { TensorValue } from './tensor-data.ts';

/**
 * Values of an output, sample by sample, as model.json wants them: `first`, `mean`, `sum`, `min`, `max` and `argmax` leave
 * one value of those along the last dimension; `softmax`, `sigmoid` and `exp` keep the shape. An output [n] has one value
 * along its last dimension. Computed in float64; float64 again where the output is float64 or of whole numbers, else
 * float32. A NaN among the values makes the result NaN, except that `argmax` is then the place of the first NaN.
 */
export function reduceOutput(value: TensorValue, reduce: Reduction | readonly Reduction[]): TensorValue {
  return [reduce].flat().reduce((reduced, step) => steps[step as Reduction](reduced), value);
}

type Numeric = Exclude<TensorValue['data'], BigInt64Array | BigUint64Array>;

const steps: Record<Reduction, (value: TensorValue) => TensorValue> = {
  none: (value) => value,
  first: alongRows((data, start) => data[start] as number, 'same'),
  mean: alongRows((data, start, width) => sumOf(data, start, width) / width, 'float'),
  sum: alongRows(sumOf, 'float'),
  min: alongRows((data, start, width) => extremeOf(data, start, width, -1), 'same'),
  max: alongRows((data, start, width) => extremeOf(data, start, width, 1), 'same'),
  argmax: alongRows(placeOfMost, 'int32'),
  softmax,
  sigmoid: valueByValue((x) => 1 / (1 + Math.exp(-x))),
  exp: valueByValue(Math.exp),
};

/** Whole numbers of 64 bits as float64: what is made of them has to be a JavaScript number. */
const numeric = ({ data }: TensorValue): Numeric =>
  data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;

const isNarrowFloat = ({ type }: TensorValue) => type === 'float32' || type === 'float16';
const floatType = (value: TensorValue) => (isNarrowFloat(value) ? 'float32' : 'float64');
const newFloats = (value: TensorValue, length: number) =>
  isNarrowFloat(value) ? new Float32Array(length) : new Float64Array(length);

function alongRows(
  one: (data: Numeric, start: number, width: number) => number,
  result: 'same' | 'float' | 'int32',
): (value: TensorValue) => TensorValue {
  return (value) => {
    const { shape } = value;
    const width = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
    const rest = shape.length > 1 ? shape.slice(0, -1) : shape;
    const data = numeric(value);
    const count = width === 0 ? 0 : data.length / width;
    // The type of the output itself holds any value of it; 64 bits have become float64.
    const isFloat = result === 'float' || (result === 'same' && data !== value.data);
    const target =
      result === 'int32'
        ? new Int32Array(count)
        : isFloat
          ? newFloats(value, count)
          : new (data.constructor as new (length: number) => Numeric)(count);
    for (let row = 0; row < count; row++) target[row] = one(data, row * width, width);
    return { type: result === 'int32' ? 'int32' : isFloat ? floatType(value) : value.type, data: target, shape: rest };
  };
}

function valueByValue(one: (x: number) => number): (value: TensorValue) => TensorValue {
  return (value) => {
    const data = numeric(value);
    const target = newFloats(value, data.length);
    for (let i = 0; i < data.length; i++) target[i] = one(data[i] as number);
    return { type: floatType(value), data: target, shape: value.shape };
  };
}

function softmax(value: TensorValue): TensorValue {
  const data = numeric(value);
  const width = value.shape.length > 1 ? (value.shape.at(-1) ?? 1) : 1;
  const target = newFloats(value, data.length);
  for (let start = 0; start < data.length; start += width) {
    const most = extremeOf(data, start, width, 1);
    let total = 0;
    for (let i = start; i < start + width; i++) total += Math.exp((data[i] as number) - most);
    for (let i = start; i < start + width; i++) target[i] = Math.exp((data[i] as number) - most) / total;
  }
  return { type: floatType(value), data: target, shape: value.shape };
}

function sumOf(data: Numeric, start: number, width: number): number {
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += data[i] as number;
  return sum;
}

function extremeOf(data: Numeric, start: number, width: number, sign: 1 | -1): number {
  return data[start + placeOfMost(data, start, width, sign)] as number;
}

/** Place of the largest value (of the smallest with sign -1), the first of equals; of the first NaN if there is one. */
function placeOfMost(data: Numeric, start: number, width: number, sign: 1 | -1 = 1): number {
  let place = 0;
  let most = data[start] as number;
  for (let i = 0; i < width; i++) {
    const x = data[start + i] as number;
    if (Number.isNaN(x)) return i;
    if (sign * x > sign * most) {
      most = x;
      place = i;
    }
  }
  return place;
}
