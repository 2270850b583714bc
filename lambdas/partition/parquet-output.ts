/// <reference lib="es2025.float16" />
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type Dtype, formatShape } from '../formats/partition.ts';
import { type Numbers, textRows, toNumbers } from '../inference/tensor-data.ts';
import { type Output, type Sink, unfit } from './output.ts';
import { rowBytes, type Samples, type SampleTensor } from './samples.ts';

/** Raw bytes of a row group: all of its values are in memory, as JavaScript's. */
const GROUP_BYTES = 2_000_000;
/** Page headers and metadata of one column in one row group, at most. */
const CHUNK_OVERHEAD_BYTES = 400;

const elements: Record<Dtype, Omit<SchemaElement, 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bool: { type: 'BOOLEAN' },
  uint8: { type: 'INT32' },
  int8: { type: 'INT32' },
  uint16: { type: 'INT32' },
  int16: { type: 'INT32' },
  int32: { type: 'INT32' },
  uint32: { type: 'INT64' },
  int64: { type: 'INT64' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  float16: { type: 'FLOAT' },
  bfloat16: { type: 'FLOAT' },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
};

const valueBytes: Record<string, number> = { BOOLEAN: 1, INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };

/**
 * Parquet: a column for each tensor, of lists where a sample of it is a row of numbers. Not compressed, so that the size
 * of a file is known beforehand, but for texts, which are measured.
 */
export async function parquetOutput(samples: Samples): Promise<Output> {
  const { tensors } = samples;
  for (const { name, dtype, shape } of tensors) {
    if (shape.length < 2 || dtype === 'text') continue;
    const why = `${formatShape(['n', ...shape])} has more dimensions than a table`;
    throw unfit(name, why, 'leave it out with --tensors, or choose --format safetensors');
  }
  const bytesInMemory = tensors.reduce((sum, tensor) => sum + rowBytes(tensor), 0);
  const groupRows = Math.max(1, Math.floor(GROUP_BYTES / Math.max(1, bytesInMemory)));
  const texts = tensors.filter(({ dtype }) => dtype === 'text');
  const storedBytes =
    tensors.reduce((sum, tensor) => sum + columnBytes(tensor), 0) + (await textBytes(samples, texts, groupRows));
  return {
    extension: 'parquet',
    fileBytes: (count) =>
      Math.ceil(
        1_000 +
          tensors.length * 200 +
          count * storedBytes +
          Math.ceil(count / groupRows) * tensors.length * CHUNK_OVERHEAD_BYTES,
      ),
    async write(sink, first, count) {
      const bytes = new ByteWriter(256 * 1024);
      const parquet = new ParquetWriter({
        writer: bytes,
        schema: schemaOf(tensors),
        codec: 'UNCOMPRESSED',
        statistics: false,
        createdBy: 'starmap',
      });
      for (let row = first; row < first + count; row += groupRows) {
        const rows = Math.min(groupRows, first + count - row);
        parquet.write({ columnData: await columnsOf(samples, row, rows), rowGroupSize: rows });
        await flush(bytes, sink);
      }
      parquet.finish();
      await flush(bytes, sink);
    },
  };
}

/** Texts have different lengths: their columns are read once. Of each row as many bytes as where they are longest. */
async function textBytes(samples: Samples, texts: SampleTensor[], step: number): Promise<number> {
  let most = 0;
  for (let row = 0; texts.length > 0 && row < samples.count; row += step) {
    const rows = Math.min(step, samples.count - row);
    let bytes = 0;
    for (const tensor of texts)
      for await (const piece of samples.rows(tensor, row, rows)) for (const byte of piece) if (byte !== 0) bytes++;
    most = Math.max(most, bytes / rows);
  }
  return most;
}

/** Bytes of one sample in the file, without those of a text; a list has its levels beside its values. */
function columnBytes(tensor: SampleTensor): number {
  // The length of a text stands before it.
  if (tensor.dtype === 'text') return 4;
  const width = tensor.shape[0];
  const { type = '' } = elements[tensor.dtype];
  const each = valueBytes[type] ?? 0;
  return width === undefined ? each : width * (each + 1 / 4) + 1 / 4;
}

function schemaOf(tensors: SampleTensor[]): SchemaElement[] {
  return [
    { name: 'root', num_children: tensors.length },
    ...tensors.flatMap(({ name, dtype, shape }): SchemaElement[] => {
      const value = { repetition_type: 'REQUIRED', ...elements[dtype] } as const;
      if (shape.length === 0 || dtype === 'text') return [{ name, ...value }];
      return [
        { name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', ...value },
      ];
    }),
  ];
}

async function columnsOf(samples: Samples, first: number, rows: number) {
  const columns: { name: string; data: DecodedArray; encoding: 'PLAIN'; offsetIndex: false }[] = [];
  for (const tensor of samples.tensors) {
    const pieces: Uint8Array[] = [];
    for await (const piece of samples.rows(tensor, first, rows)) pieces.push(new Uint8Array(piece));
    const bytes = new Uint8Array(Buffer.concat(pieces));
    columns.push({ name: tensor.name, data: valuesOf(tensor, bytes, rows), encoding: 'PLAIN', offsetIndex: false });
  }
  return columns;
}

function valuesOf({ dtype, shape }: SampleTensor, bytes: Uint8Array, rows: number): DecodedArray {
  if (dtype === 'text') return textRows(bytes, rows);
  const values = columnValues(dtype, toNumbers({ dtype, bigEndian: false }, bytes));
  const [width] = shape;
  if (width === undefined) return values;
  return Array.from({ length: rows }, (_, row) => Array.from(values.slice(row * width, (row + 1) * width)));
}

/** Numbers as the writer wants them: truth values, and BigInt for what is stored in 64 bits. */
function columnValues(dtype: Dtype, numbers: Numbers): DecodedArray {
  if (dtype === 'bool') return Array.from(numbers as Uint8Array, (value) => value !== 0);
  if (dtype === 'uint32') return BigInt64Array.from(numbers as Uint32Array, BigInt);
  if (dtype === 'float16') return Float32Array.from(numbers as Float16Array);
  return numbers as DecodedArray;
}

async function flush(bytes: ByteWriter, sink: Sink): Promise<void> {
  await sink(bytes.getBytes());
  bytes.index = 0;
}
