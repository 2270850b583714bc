// Fields of onnx.proto, as in graph.ts, whose parser of all of it takes longer to load than this to write: every cold start
// needs the answer.
const [GRAPH, INITIALIZER, DATA_TYPE] = [7, 5, 2];
const FLOAT16 = 10;

/** Whether a model in ONNX's format has weights of 16 bits; false where it cannot be read, which ONNX Runtime says better. */
export function hasHalfPrecision(model: Uint8Array): boolean {
  for (const graph of fieldsOf(model, GRAPH))
    for (const tensor of messages(graph, INITIALIZER))
      for (const type of fieldsOf(tensor, DATA_TYPE)) if (type === FLOAT16) return true;
  return false;
}

function* messages(message: number | Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const value of fieldsOf(message, wanted)) if (typeof value !== 'number') yield value;
}

/** What the fields of one number hold, in protobuf's wire format: a number, or bytes, which are not looked at. */
function* fieldsOf(message: number | Uint8Array, wanted: number): Generator<number | Uint8Array> {
  if (typeof message === 'number') return;
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    let value: number | Uint8Array = 0;
    if (tag % 8 === 0) value = varint();
    else if (tag % 8 === 1) at += 8;
    else if (tag % 8 === 5) at += 4;
    else if (tag % 8 === 2) {
      const length = varint();
      value = message.subarray(at, at + length);
      at += length;
    } else return;
    if (Math.floor(tag / 8) === wanted) yield value;
  }
}
