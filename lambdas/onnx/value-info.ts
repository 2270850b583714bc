import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fields, messageOf } from './messages.ts';

// What a graph says of its values: ValueInfoProto of onnx.proto (github.com/onnx/onnx, version 1.23).

/** A dimension: a name where it is known only when the graph is run. Those of one name are the same. */
export type Dim = number | string | undefined;

/** TensorProto.DataType. */
export const FLOAT = 1;

const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIM = { value: 1, name: 2 };

const TIMES = ' x ';

const utf8 = new TextDecoder();

/** How many values dimensions make: a number, or a name that stands for the product and for no other one. */
export function timesAll(dims: Dim[]): Dim {
  if (dims.includes(undefined)) return undefined;
  const factor = dims.reduce((product: number, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const names = dims.filter((dim) => typeof dim === 'string').sort();
  return names.length === 0 ? factor : [...(factor === 1 ? [] : [factor]), ...names].join(TIMES);
}

/** What a name stands for the product of. */
export const factors = (name: string): string[] => name.split(TIMES);

/** The name of a value, and its shape, where that is told. */
export function readValueInfo(bytes: Uint8Array): { name: string; shape: Dim[] | undefined } {
  const name = messageOf(bytes, VALUE_INFO.name);
  const tensor = messageOf(messageOf(bytes, VALUE_INFO.type), TYPE.tensor);
  const shape = messageOf(tensor, TENSOR_TYPE.shape);
  const dims = [...fields(shape ?? new Uint8Array())].flatMap(({ number, message }) =>
    number === SHAPE.dim && message ? [readDim(message)] : [],
  );
  return { name: utf8.decode(name), shape: shape && dims };
}

function readDim(bytes: Uint8Array): Dim {
  for (const { number, message, value } of fields(bytes)) {
    if (number === DIM.value) return value;
    if (number === DIM.name && message?.length) return utf8.decode(message);
  }
  return undefined;
}

/** The message for a value of which nothing is known but its name, or, with a shape, that it is floats of that shape. */
export function makeValueInfo(name: string, shape?: Dim[]): Uint8Array {
  const writer = new BinaryWriter();
  const inside = (number: number, write: () => void) => {
    writer.tag(number, WireType.LengthDelimited).fork();
    write();
    writer.join();
  };
  writer.tag(VALUE_INFO.name, WireType.LengthDelimited).string(name);
  if (!shape) return writer.finish();
  inside(VALUE_INFO.type, () =>
    inside(TYPE.tensor, () => {
      writer.tag(TENSOR_TYPE.elementType, WireType.Varint).int32(FLOAT);
      inside(TENSOR_TYPE.shape, () => {
        for (const dim of shape) inside(SHAPE.dim, () => writeDim(writer, dim));
      });
    }),
  );
  return writer.finish();
}

/** The message without these names of dimensions: how large they are is known only when the graph is run. */
export function withoutNames(info: Uint8Array, names: Set<string>): Uint8Array {
  const path = [VALUE_INFO.type, TYPE.tensor, TENSOR_TYPE.shape, SHAPE.dim];
  const copy = (message: Uint8Array, depth: number): Uint8Array => {
    const writer = new BinaryWriter();
    for (const each of fields(message)) {
      if (each.message && each.number === path[depth])
        writer.tag(each.number, WireType.LengthDelimited).bytes(copy(each.message, depth + 1));
      else if (depth < path.length || !each.message || !names.has(utf8.decode(each.message))) writer.raw(each.field);
    }
    return writer.finish();
  };
  return copy(info, 0);
}

function writeDim(writer: BinaryWriter, dim: Dim): void {
  if (typeof dim === 'number') writer.tag(DIM.value, WireType.Varint).int64(dim);
  else if (dim !== undefined) writer.tag(DIM.name, WireType.LengthDelimited).string(dim);
}
