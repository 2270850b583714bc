import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fields, integers, lengthDelimited } from './messages.ts';
import { type Dim, FLOAT, makeValueInfo, readValueInfo } from './value-info.ts';

// Models in ONNX's protobuf format, for rewriting: what is not changed is written as the bytes that were read, weights
// without a copy. Field numbers are those of onnx.proto (github.com/onnx/onnx, version 1.23).

/** A node of the graph. Attributes that are no number, text or list of integers are kept, but not known here. */
export interface OnnxNode {
  opType: string;
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, number | number[] | string>;
  /** The message. */
  bytes: Uint8Array;
}

/** A tensor that is part of the model. */
export interface OnnxTensor {
  name: string;
  shape: number[];
  /** TensorProto.DataType. */
  dataType: number;
  /** The message. */
  bytes: Uint8Array;
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  initializers: Map<string, OnnxTensor>;
  /** Names of the outputs. */
  outputs: Set<string>;
  /** Of inputs, outputs and what lies between, where it is known. Without it, ONNX Runtime opens a graph three times slower. */
  shapes: Map<string, Dim[]>;
}

/** The graph of a model, with the rest of the model around it. */
export interface OnnxModel {
  graph: OnnxGraph;
  /** All other fields, as they were read. */
  rest: Uint8Array[];
  graphRest: Uint8Array[];
  /** What was said of the values between the nodes, by their names. */
  valueInfo: Map<string, Uint8Array>;
}

const INT64 = 7;

const MODEL = { graph: 7 };
/** Fields of GraphProto. */
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 };
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, g: 6, ints: 8, graphs: 11, type: 20 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
const TENSOR = { dims: 1, dataType: 2, floatData: 4, int64Data: 7, name: 8, rawData: 9, dataLocation: 14 };

const utf8 = new TextDecoder();

/**
 * @param bytes must not change while the model is used.
 * @throws Error where they are no ONNX model, or where a node has a graph of its own: that sees the names of this one, so
 * nothing could be said of who uses what.
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  const rest: Uint8Array[] = [];
  let graphBytes: Uint8Array | undefined;
  for (const { number, message, field } of fields(bytes)) {
    if (number === MODEL.graph && message) graphBytes = message;
    else rest.push(field);
  }
  if (!graphBytes) throw new Error('no graph in it: this is no ONNX model');
  const graph: OnnxGraph = { nodes: [], initializers: new Map(), outputs: new Set(), shapes: new Map() };
  const graphRest: Uint8Array[] = [];
  const inputs = new Map<string, Uint8Array>();
  const valueInfo = new Map<string, Uint8Array>();
  for (const { number, message, field } of fields(graphBytes)) {
    if (number === GRAPH.node && message) graph.nodes.push(readNode(message));
    else if (number === GRAPH.initializer && message) {
      const tensor = readTensor(message);
      graph.initializers.set(tensor.name, tensor);
    } else {
      const described = [GRAPH.input, GRAPH.output, GRAPH.valueInfo].includes(number) && message;
      const { name, shape } = described ? readValueInfo(described) : {};
      if (name !== undefined && shape) graph.shapes.set(name, shape);
      if (name !== undefined && number === GRAPH.output) graph.outputs.add(name);
      if (name !== undefined && number === GRAPH.valueInfo) valueInfo.set(name, field);
      else if (name !== undefined && number === GRAPH.input) inputs.set(name, field);
      else graphRest.push(field);
    }
  }
  // Older exporters list weights among the inputs too. Nobody feeds them, and one that a rule replaces would be asked for.
  for (const [name, field] of inputs) if (!graph.initializers.has(name)) graphRest.push(field);
  return { graph, rest, graphRest, valueInfo };
}

/** The bytes of a model, in pieces. Values that have got a shape since it was read are floats. */
export function writeModel({ graph, rest, graphRest, valueInfo }: OnnxModel): Uint8Array[] {
  const part = (number: number, message: Uint8Array) => [lengthDelimited(number, message.length), message];
  const described = (value: string) => {
    const shape = graph.outputs.has(value) ? undefined : graph.shapes.get(value);
    return valueInfo.get(value) ?? (shape ? part(GRAPH.valueInfo, makeValueInfo(value, shape)) : []);
  };
  const pieces = [
    ...graphRest,
    ...graph.nodes.flatMap(({ outputs }) => outputs.flatMap(described)),
    ...graph.nodes.flatMap(({ bytes }) => part(GRAPH.node, bytes)),
    ...[...graph.initializers.values()].flatMap(({ bytes }) => part(GRAPH.initializer, bytes)),
  ];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [...rest, lengthDelimited(MODEL.graph, length), ...pieces];
}

/** The model with all values between its nodes among the outputs. */
export function allAsOutputs(model: OnnxModel): OnnxModel {
  const { graph, graphRest } = model;
  const between = graph.nodes.flatMap(({ outputs }) => outputs.filter((value) => value && !graph.outputs.has(value)));
  const asOutputs = between.map((value) =>
    new BinaryWriter().tag(GRAPH.output, WireType.LengthDelimited).bytes(makeValueInfo(value)).finish(),
  );
  return { ...model, graphRest: [...graphRest, ...asOutputs] };
}

/** @param attributes integers and lists of them. */
export function makeNode(
  opType: string,
  name: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, number | number[]> = {},
): OnnxNode {
  const writer = new BinaryWriter();
  const text = (number: number, value: string) => writer.tag(number, WireType.LengthDelimited).string(value);
  for (const input of inputs) text(NODE.input, input);
  for (const output of outputs) text(NODE.output, output);
  text(NODE.name, name);
  text(NODE.opType, opType);
  for (const [key, value] of Object.entries(attributes)) {
    writer.tag(NODE.attribute, WireType.LengthDelimited).fork();
    text(ATTRIBUTE.name, key);
    const [number, type] = Array.isArray(value)
      ? [ATTRIBUTE.ints, ATTRIBUTE_TYPE.ints]
      : [ATTRIBUTE.i, ATTRIBUTE_TYPE.int];
    for (const each of [value].flat()) writer.tag(number, WireType.Varint).int64(each);
    writer.tag(ATTRIBUTE.type, WireType.Varint).int32(type);
    writer.join();
  }
  return {
    opType,
    name,
    domain: '',
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
    bytes: writer.finish(),
  };
}

/** The same operation, of other values: its one output has its name. */
export function nodeLike(node: OnnxNode, name: string, inputs: string[]): OnnxNode {
  const writer = new BinaryWriter();
  const text = (number: number, value: string) => writer.tag(number, WireType.LengthDelimited).string(value);
  for (const input of inputs) text(NODE.input, input);
  text(NODE.output, name);
  text(NODE.name, name);
  for (const { number, field } of fields(node.bytes)) {
    if (number !== NODE.input && number !== NODE.output && number !== NODE.name) writer.raw(field);
  }
  return { ...node, name, inputs, outputs: [name], bytes: writer.finish() };
}

export function makeTensor(name: string, shape: number[], data: Float32Array | BigInt64Array): OnnxTensor {
  const dataType = data instanceof Float32Array ? FLOAT : INT64;
  const writer = new BinaryWriter();
  for (const dim of shape) writer.tag(TENSOR.dims, WireType.Varint).int64(dim);
  writer.tag(TENSOR.dataType, WireType.Varint).int32(dataType);
  writer.tag(TENSOR.name, WireType.LengthDelimited).string(name);
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(raw);
  return { name, shape, dataType, bytes: writer.finish() };
}

/** @returns undefined where the tensor is of another type, or its values lie in another file. */
export function tensorFloats(tensor: OnnxTensor | undefined): Float32Array | undefined {
  if (tensor?.dataType !== FLOAT) return undefined;
  const values: number[] = [];
  let isElsewhere = false;
  let raw: Uint8Array | undefined;
  for (const { number, message, value } of fields(tensor.bytes)) {
    if (number === TENSOR.rawData) raw = message;
    else if (number === TENSOR.floatData) {
      // A loop: a list of arguments has a limit.
      for (const each of message ? floatsOf(message) : [value]) values.push(each ?? 0);
    } else if (number === TENSOR.dataLocation && value !== 0) isElsewhere = true;
  }
  const floats = raw ? floatsOf(raw) : Float32Array.from(values);
  return !isElsewhere && floats.length === sizeOf(tensor.shape) ? floats : undefined;
}

/** @returns undefined where the tensor is of another type. */
export function tensorIntegers(tensor: OnnxTensor | undefined): number[] | undefined {
  if (tensor?.dataType !== INT64) return undefined;
  for (const { number, message } of fields(tensor.bytes)) {
    if (number === TENSOR.rawData && message) return [...new BigInt64Array(new Uint8Array(message).buffer)].map(Number);
  }
  return integers(tensor.bytes, TENSOR.int64Data);
}

const sizeOf = (shape: number[]) => shape.reduce((product, dim) => product * dim, 1);
// A copy is aligned.
const floatsOf = (bytes: Uint8Array) => new Float32Array(new Uint8Array(bytes).buffer);

function readNode(bytes: Uint8Array): OnnxNode {
  const node: OnnxNode = { opType: '', name: '', domain: '', inputs: [], outputs: [], attributes: new Map(), bytes };
  for (const { number, message } of fields(bytes)) {
    if (!message) continue;
    if (number === NODE.input) node.inputs.push(utf8.decode(message));
    else if (number === NODE.output) node.outputs.push(utf8.decode(message));
    else if (number === NODE.name) node.name = utf8.decode(message);
    else if (number === NODE.opType) node.opType = utf8.decode(message);
    else if (number === NODE.domain) node.domain = utf8.decode(message);
    else if (number === NODE.attribute) {
      const { name, value } = readAttribute(message);
      if (value !== undefined) node.attributes.set(name, value);
    }
  }
  return node;
}

function readAttribute(bytes: Uint8Array): { name: string; value: number | number[] | string | undefined } {
  let name = '';
  let value: number | string | undefined;
  for (const each of fields(bytes)) {
    if (each.number === ATTRIBUTE.name && each.message) name = utf8.decode(each.message);
    else if (each.number === ATTRIBUTE.s && each.message) value = utf8.decode(each.message);
    else if (each.number === ATTRIBUTE.f || each.number === ATTRIBUTE.i) value = each.value;
    else if (each.number === ATTRIBUTE.g || each.number === ATTRIBUTE.graphs)
      throw new Error('a node of it has a graph of its own');
  }
  const list = integers(bytes, ATTRIBUTE.ints);
  return { name, value: list.length > 0 ? list : value };
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  const tensor: OnnxTensor = { name: '', shape: integers(bytes, TENSOR.dims), dataType: 0, bytes };
  for (const { number, message, value } of fields(bytes)) {
    if (number === TENSOR.name && message) tensor.name = utf8.decode(message);
    else if (number === TENSOR.dataType) tensor.dataType = value ?? 0;
  }
  return tensor;
}
