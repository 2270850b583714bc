import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GRAPH, type OnnxModel } from './graph.ts';
import { fields } from './messages.ts';
import { type Dim, factors, readValueInfo, withoutNames } from './value-info.ts';

/**
 * The model with no name for the number of samples. By names ONNX Runtime knows which values are of one size, and plans
 * beforehand which of them share memory: that is held from the first of them to the last, also where there is none in
 * between. Without names a value has memory while it is needed (published size, 8 samples: 6 MB at most instead of 10).
 */
export function unnamedSamples(model: OnnxModel): OnnxModel {
  const names = new Set<string>();
  for (const { number, message } of model.graphRest.flatMap((field) => [...fields(field)])) {
    const samples = number === GRAPH.input && message ? readValueInfo(message).shape?.[0] : undefined;
    if (typeof samples === 'string') names.add(samples);
  }
  const described: number[] = [GRAPH.input, GRAPH.output, GRAPH.valueInfo];
  const unnamed = (field: Uint8Array) => {
    const [{ number, message } = {}] = fields(field);
    if (number === undefined || !message || !described.includes(number)) return field;
    return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(withoutNames(message, names)).finish();
  };
  const free = (dim: Dim) =>
    typeof dim === 'string' && factors(dim).some((name) => names.has(name)) ? undefined : dim;
  return {
    ...model,
    graphRest: model.graphRest.map(unnamed),
    valueInfo: new Map([...model.valueInfo].map(([value, field]) => [value, unnamed(field)])),
    graph: {
      ...model.graph,
      shapes: new Map([...model.graph.shapes].map(([value, shape]) => [value, shape.map(free)])),
    },
  };
}
