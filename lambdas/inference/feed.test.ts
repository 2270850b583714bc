import { expect, test } from 'vitest';
import type { InputDtype, ModelInput } from '../../lib/domain/model-package.ts';
import type { Dtype, PartitionTensor } from '../formats/partition.ts';
import { bindFeeds } from './feed.ts';
import { modelGraph } from './model-graph.fixture.ts';
import type { ModelGraph } from './session.ts';

const input = (changes: Partial<ModelInput> = {}): ModelInput => ({
  name: 'x',
  tensor: 't',
  scale: 1,
  offset: 0,
  ...changes,
});
const bind = (changes: Partial<ModelInput>, from: PartitionTensor, graph: ModelGraph) =>
  bindFeeds('k', [{ input: input(changes), tensor: from }], graph);
const session = (shape: (number | string)[], type = 'float32') => modelGraph({ x: { type, shape } }, ['y']);
const tensor = (dtype: Dtype, shape: number[]): PartitionTensor => ({
  name: 't',
  dtype,
  shape,
  bigEndian: false,
  range: undefined,
  async *bytes() {},
});
const take = (bytes: number) => new SharedArrayBuffer(bytes);
const bytesOf = (numbers: ArrayBufferView) => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

test('data of the right type reaches the model without a copy', () => {
  const [feed] = bind({}, tensor('float32', [9, 2]), session(['n', 2]));
  const rows = Float32Array.of(1, 2, 3, 4);
  const value = feed?.make(bytesOf(rows), 2, take);
  expect(value).toMatchObject({ type: 'float32', shape: [2, 2] });
  expect(value?.data.buffer).toBe(rows.buffer);
});

test('types are converted, then scaled', () => {
  const convert = (dtype: Dtype, target: InputDtype, rows: ArrayBufferView) => {
    const [feed] = bind({ dtype: target, scale: 2, offset: 1 }, tensor(dtype, [3]), session(['n'], target));
    return Array.from(feed?.make(bytesOf(rows), 3, take).data ?? [], Number);
  };
  expect(convert('float64', 'float32', Float64Array.of(0.5, -1, 3))).toEqual([2, -1, 7]);
  expect(convert('uint8', 'float32', Uint8Array.of(0, 1, 255))).toEqual([1, 3, 511]);
  expect(convert('int64', 'float32', BigInt64Array.of(-5n, 0n, 7n))).toEqual([-9, 1, 15]);
  expect(convert('int32', 'int64', Int32Array.of(-5, 0, 7))).toEqual([-9, 1, 15]);
  expect(convert('float32', 'uint8', Float32Array.of(0, 1, 2))).toEqual([1, 3, 5]);
});

test('the crop is the centre of the last two dimensions, of every plane', () => {
  const [feed] = bind({ crop: [2, 2] }, tensor('float32', [1, 2, 4, 4]), session(['n', 2, 2, 2]));
  const value = feed?.make(bytesOf(Float32Array.from({ length: 32 }, (_, i) => i)), 1, take);
  expect(value?.shape).toEqual([1, 2, 2, 2]);
  expect([...(value?.data ?? [])]).toEqual([5, 6, 9, 10, 21, 22, 25, 26]);
});

test('[n] and [n, 1] are the same column', () => {
  const shapeOf = (file: number[], model: (number | string)[]) =>
    bind({}, tensor('float32', file), session(model))[0]?.make(new Uint8Array(8), 2, take).shape;
  expect(shapeOf([2], ['n', 1])).toEqual([2, 1]);
  expect(shapeOf([2, 1], ['n'])).toEqual([2]);
});

test.each([
  [['n', 3], [5, 2], {}, /k: tensor t \[5, 2\] does not fit model input x \[n, 3\]: one sample is \[2\]/],
  [
    ['n', 2],
    [5, 2],
    { dtype: 'float64' as const },
    /x is float32 in the ONNX graph but float64 in model\.json; set "dtype": "float32"/,
  ],
  [['n', 2, 9, 9], [5, 2, 4, 4], { crop: [9, 9] as [number, number] }, /cannot crop \[2, 4, 4\] of tensor t to 9 x 9/],
])('a model input %j does not take data %j: the message says why', (model, file, changes, message) => {
  const attempt = () => bind(changes, tensor('float32', file), session(model));
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ name: 'ModelMismatch' }));
});
