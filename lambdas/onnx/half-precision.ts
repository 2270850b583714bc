import { fields } from './messages.ts';

// Fields of onnx.proto, as in graph.ts.
const [GRAPH, INITIALIZER, DATA_TYPE] = [7, 5, 2];
const FLOAT16 = 10;

/** Whether a model in ONNX's format has weights of 16 bits; false where it cannot be read, which ONNX Runtime says better. */
export function hasHalfPrecision(model: Uint8Array): boolean {
  try {
    for (const graph of messages(model, GRAPH))
      for (const tensor of messages(graph, INITIALIZER))
        for (const { number, value } of fields(tensor)) if (number === DATA_TYPE && value === FLOAT16) return true;
  } catch {
    // As said.
  }
  return false;
}

function* messages(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, message } of fields(bytes)) if (number === wanted && message) yield message;
}
