/**
 * Writing the safetensors format: 8 bytes with the header's length (little-endian), the header as JSON, then the tensors one
 * after the other, row-major and little-endian, without gaps. The header is padded with spaces so that the data starts at a
 * multiple of 8 bytes, as the reference implementation does. Source: https://github.com/huggingface/safetensors ("Format").
 */
export interface TensorSpec {
  name: string;
  dtype: TensorDtype;
  shape: readonly number[];
}

export type TensorDtype = keyof typeof dtypeBytes;

export interface SafetensorsLayout {
  /** Length field, JSON and padding: the file's first bytes. */
  header: Uint8Array;
  /** Size of the whole file, bytes. */
  sizeBytes: number;
}

const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
const alignmentBytes = 8;

/** The header of a file that holds the tensors in the order given. Put 8-byte types first so that each stays aligned. */
export function layoutSafetensors(tensors: readonly TensorSpec[]): SafetensorsLayout {
  const entries: Record<string, { dtype: TensorDtype; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const begin = end;
    end += tensorBytes(dtype, shape);
    entries[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const lengthBytes = 8;
  const paddedBytes = Math.ceil((lengthBytes + json.length) / alignmentBytes) * alignmentBytes;
  const header = new Uint8Array(paddedBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(paddedBytes - lengthBytes), true);
  header.set(json, lengthBytes);
  return { header, sizeBytes: paddedBytes + end };
}

export function tensorBytes(dtype: TensorDtype, shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, dtypeBytes[dtype]);
}
