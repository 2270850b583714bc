import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

// Messages in protobuf's wire format, field by field.

export interface Field {
  number: number;
  /** What it holds, where that has a length of its own: a message, a text, bytes or a packed list. */
  message: Uint8Array | undefined;
  /** Else its number. */
  value: number | undefined;
  /** All of it. */
  field: Uint8Array;
}

export function* fields(bytes: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    let message: Uint8Array | undefined;
    let value: number | undefined;
    if (type === WireType.LengthDelimited) message = reader.bytes();
    else if (type === WireType.Varint) value = Number(reader.int64());
    else if (type === WireType.Bit32) value = reader.float();
    else reader.skip(type, number);
    yield { number, message, value, field: bytes.subarray(start, reader.pos) };
  }
}

/** The message in a field, the last one where there are more. */
export function messageOf(bytes: Uint8Array | undefined, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const { number, message } of fields(bytes ?? new Uint8Array())) if (number === wanted) found = message;
  return found;
}

/** A list of integers, packed or not. */
export function integers(bytes: Uint8Array, wanted: number): number[] {
  const list: number[] = [];
  for (const { number, message, value } of fields(bytes)) {
    if (number !== wanted) continue;
    if (!message) list.push(value ?? 0);
    else for (const reader = new BinaryReader(message); reader.pos < reader.len; ) list.push(Number(reader.int64()));
  }
  return list;
}

export const lengthDelimited = (number: number, length: number): Uint8Array =>
  new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
