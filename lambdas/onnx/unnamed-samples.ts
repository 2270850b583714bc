import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GRAPH, type OnnxGraph, type OnnxModel } from './graph.ts';
import { fields } from './messages.ts';
import { type Dim, factors, readValueInfo, withoutNames } from './value-info.ts';

/** Values of more than this share of the largest one's size are large. */
const LARGE_SHARE = 0.75;
/** What has no name is compared with all that is computed later, when the graph is opened: so many times in 5 ms. */
const MOST_COMPARISONS = 100_000;

/**
 * The model without a name for the number of samples, as far as its largest values are made. By names ONNX Runtime knows
 * which values are of one size, and plans beforehand which of them share memory: that is held from the first of them to
 * the last, also where there is none in between. Without names a value has memory while it is needed (published size, 8
 * samples: 7 instead of 15 MB).
 * @returns the same model where that would slow down its opening.
 */
export function unnamedSamples(model: OnnxModel): OnnxModel {
  const names = new Set<string>();
  for (const { number, message } of model.graphRest.flatMap((field) => [...fields(field)])) {
    const samples = number === GRAPH.input && message ? readValueInfo(message).shape?.[0] : undefined;
    if (typeof samples === 'string') names.add(samples);
  }
  const leadToLarge = valuesBeforeLarge(model.graph);
  if (leadToLarge.size * model.graph.nodes.length > MOST_COMPARISONS) return model;
  const described: number[] = [GRAPH.input, GRAPH.output, GRAPH.valueInfo];
  const unnamed = (field: Uint8Array) => {
    const [{ number, message } = {}] = fields(field);
    if (number === undefined || !message || !described.includes(number)) return field;
    if (!leadToLarge.has(readValueInfo(message).name)) return field;
    return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(withoutNames(message, names)).finish();
  };
  const free = (dim: Dim) =>
    typeof dim === 'string' && factors(dim).some((name) => names.has(name)) ? undefined : dim;
  const shapes = [...model.graph.shapes].map(
    ([value, shape]) => [value, leadToLarge.has(value) ? shape.map(free) : shape] as const,
  );
  return {
    ...model,
    graphRest: model.graphRest.map(unnamed),
    valueInfo: new Map([...model.valueInfo].map(([value, field]) => [value, unnamed(field)])),
    graph: { ...model.graph, shapes: new Map(shapes) },
  };
}

/** Large values, and those that they are made of. */
function valuesBeforeLarge({ nodes, shapes, initializers }: OnnxGraph): Set<string> {
  /** Numbers of a value in each sample. */
  const size = (value: string) =>
    (shapes.get(value) ?? []).reduce((product: number, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const made = nodes.flatMap(({ outputs }) => outputs);
  const largest = made.reduce((most, value) => Math.max(most, size(value)), 0);
  const found = new Set(made.filter((value) => size(value) > largest * LARGE_SHARE));
  for (const { inputs, outputs } of nodes.toReversed()) {
    if (!outputs.some((value) => found.has(value))) continue;
    for (const input of inputs) if (!initializers.has(input)) found.add(input);
  }
  return found;
}
