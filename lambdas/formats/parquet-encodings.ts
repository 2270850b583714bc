import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

/** What the bytes of a parquet file cannot be. */
export class ParquetDamage extends Error {}

/** Whether a field of a header is what it should be; damaged, it may be text or a fraction. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Fills `output` from the RLE and bit-packing hybrid.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 * @param bits of one value, up to 24.
 */
export function readHybrid(bytes: Uint8Array, bits: number, output: Uint8Array | Uint32Array): void {
  if (bits > 24) throw new ParquetDamage(`values of ${bits} bits`);
  const valueBytes = Math.ceil(bits / 8);
  let at = 0;
  let filled = 0;
  const next = () => {
    const byte = bytes[at++];
    if (byte === undefined) throw new ParquetDamage(`${filled} of ${output.length} values are there`);
    return byte;
  };
  while (filled < output.length) {
    let header = 0;
    for (let scale = 1, byte = 0x80; byte & 0x80; scale *= 128) {
      byte = next();
      header += (byte & 0x7f) * scale;
    }
    const left = output.length - filled;
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= next() << (8 * i);
      const run = Math.min(header / 2, left);
      output.fill(value, filled, filled + run);
      filled += run;
      continue;
    }
    const packed = Math.min(((header - 1) / 2) * 8, left);
    const mask = (1 << bits) - 1;
    let held = 0;
    let heldBits = 0;
    const start = at;
    for (let i = 0; i < packed; i++) {
      while (heldBits < bits) {
        held |= next() << heldBits;
        heldBits += 8;
      }
      output[filled++] = held & mask;
      held >>>= bits;
      heldBits -= bits;
    }
    // A run is packed in groups of 8 values, the last one to its end.
    at = start + ((header - 1) / 2) * bits;
  }
}

/**
 * Integers by their differences (DELTA_BINARY_PACKED), from a byte on, at least one.
 * @returns the output, and where they end.
 */
export function readDifferences<T extends Int32Array | BigInt64Array>(bytes: Uint8Array, start: number, output: T) {
  // Values per block (two bytes of a varint: 128 or more), then parts of a block: sizes that a damaged byte could make huge.
  const [low = 0, high = 255, parts = 0] = bytes.subarray(start, start + 3);
  if (low < 128 || high > 127 || parts === 0 || parts > 127) throw new ParquetDamage('no delta encoding');
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: start };
  deltaBinaryUnpack(reader, output.length, output);
  return { values: output, end: reader.offset };
}

export function requireBytes(values: Uint8Array, needed: number): void {
  if (values.length < needed) throw new ParquetDamage(`${values.length} bytes of values, needed are ${needed}`);
}

/** Booleans, one bit each, the lowest first. */
export function unpackBits(bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length * 8 < count) throw new ParquetDamage(`${bytes.length * 8} of ${count} values are there`);
  return Uint8Array.from({ length: count }, (_, i) => ((bytes[i >> 3] as number) >> (i & 7)) & 1);
}

/** Values whose first bytes come first, then all second bytes, and so on. */
export function joinSplitBytes(bytes: Uint8Array, count: number, size: number): Uint8Array {
  const joined = new Uint8Array(count * size);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) joined[i * size + byte] = bytes[byte * count + i] as number;
  }
  return joined;
}

/** Writes the values of a dictionary that `indices` point at, `size` bytes each, into aligned memory. */
export function lookUp(
  dictionary: Uint8Array,
  indices: Uint32Array,
  size: number,
  into: Uint8Array<ArrayBuffer>,
): Uint8Array {
  const Words = size % 4 === 0 ? Uint32Array : size === 2 ? Uint16Array : Uint8Array;
  const words = size / Words.BYTES_PER_ELEMENT;
  const aligned = dictionary.byteOffset % Words.BYTES_PER_ELEMENT === 0 ? dictionary : new Uint8Array(dictionary);
  const from = new Words(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / Words.BYTES_PER_ELEMENT,
  );
  const to = new Words(into.buffer, into.byteOffset, indices.length * words);
  for (let i = 0, at = 0; i < indices.length; i++) {
    const place = (indices[i] as number) * words;
    if (place >= from.length) throw new ParquetDamage(`entry ${indices[i]} of a dictionary of ${from.length / words}`);
    for (let word = 0; word < words; word++) to[at++] = from[place + word] as number;
  }
  return into;
}
