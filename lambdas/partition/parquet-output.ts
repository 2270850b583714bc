/// <reference lib="es2025.float16" />

import type { ColumnChunk, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { option, says } from '../../lib/domain/partition-message.ts';
import { type Dtype, formatShape } from '../formats/partition.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { type Output, type Sink, unfit } from './output.ts';
import { rowBytes, type Samples, type SampleTensor } from './samples.ts';

/** Bytes of the samples of a row group. */
const GROUP_BYTES = 8_000_000;
/** Bytes of the samples of a page, which is held in memory. */
const PAGE_BYTES = 1_000_000;
/** The bytes of texts are summed over so many rows. */
const TEXT_STEP_ROWS = 256;
/** At most, besides names: the header of a page, a column in the schema and in a row group, and what a file has once. */
const PAGE_OVERHEAD_BYTES = 50;
const SCHEMA_OVERHEAD_BYTES = 50;
const CHUNK_OVERHEAD_BYTES = 100;
const FILE_OVERHEAD_BYTES = 200;
const MAGIC = Buffer.from('PAR1');

type Physical = 'BYTE_ARRAY' | 'BOOLEAN' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE';

const elements: Record<Dtype, { type: Physical; converted_type?: SchemaElement['converted_type'] }> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bool: { type: 'BOOLEAN' },
  uint8: { type: 'INT32' },
  int8: { type: 'INT32' },
  uint16: { type: 'INT32' },
  int16: { type: 'INT32' },
  int32: { type: 'INT32' },
  uint32: { type: 'INT32', converted_type: 'UINT_32' },
  int64: { type: 'INT64' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  float16: { type: 'FLOAT' },
  bfloat16: { type: 'FLOAT' },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
};

/** Bytes of a value in the file; a text has its length before it. */
const valueBytes: Record<Physical, number> = { BYTE_ARRAY: 4, BOOLEAN: 1 / 8, INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };

/**
 * Parquet: a column for each tensor, of lists where a sample of it is a row of numbers. Not compressed, so that the size
 * of a file is known beforehand, but for texts, which are measured. Its pages are laid out here, not by the library: it
 * takes JavaScript's numbers, and with them four times as long as bytes that lie in the file as they lie in the source.
 * https://parquet.apache.org/docs/file-format/
 */
export async function parquetOutput(samples: Samples): Promise<Output> {
  const { tensors } = samples;
  for (const { name, dtype, shape } of tensors) {
    const why = `${formatShape(['n', ...shape])} has ${shape.includes(0) ? 'no values' : 'more dimensions than a table'}`;
    if ((shape.length > 1 && dtype !== 'text') || shape.includes(0))
      throw unfit(
        name,
        why,
        says`leave it out with ${option('tensors')}, or choose ${option('format', 'safetensors')}`,
      );
  }
  const sampleBytes = tensors.reduce((sum, tensor) => sum + rowBytes(tensor), 0);
  const groupRows = rowsIn(GROUP_BYTES, sampleBytes);
  const storedBytes = tensors.reduce((sum, tensor) => sum + columnBytes(tensor), 0);
  const textBytes = await measureTexts(samples, groupRows);
  const names = tensors.reduce((sum, { name }) => sum + Buffer.byteLength(name), 0);
  const overhead = (each: number) => tensors.length * each + names;
  return {
    extension: 'parquet',
    fileBytes(count, first) {
      const groups = Math.ceil(count / groupRows);
      const pages = tensors.reduce((sum, tensor) => sum + Math.ceil(count / pageRows(tensor)) + groups, 0);
      const metadata = overhead(SCHEMA_OVERHEAD_BYTES) + groups * overhead(CHUNK_OVERHEAD_BYTES);
      const values = count * storedBytes + textBytes(count, first);
      return Math.ceil(FILE_OVERHEAD_BYTES + metadata + pages * PAGE_OVERHEAD_BYTES + values);
    },
    async write(sink, first, count) {
      const groups: RowGroup[] = [];
      let offset = 0;
      const put: Sink = async (bytes) => {
        offset += bytes.length;
        await sink(bytes);
      };
      await put(MAGIC);
      for (let row = first; row < first + count; row += groupRows) {
        const rows = Math.min(groupRows, first + count - row);
        const columns: ColumnChunk[] = [];
        for (const tensor of tensors) {
          const start = offset;
          for (let at = row; at < row + rows; at += pageRows(tensor))
            await writePage(put, samples, tensor, at, Math.min(pageRows(tensor), row + rows - at));
          columns.push(chunkOf(tensor, rows, start, offset));
        }
        const bytes = columns.reduce((sum, { meta_data: chunk }) => sum + (chunk?.total_compressed_size ?? 0n), 0n);
        groups.push({ columns, total_byte_size: bytes, num_rows: BigInt(rows) });
      }
      await put(footer(tensors, groups, count));
    },
  };
}

const rowsIn = (bytes: number, each: number) => Math.max(1, Math.floor(bytes / Math.max(1, each)));
const pageRows = (tensor: SampleTensor) => rowsIn(PAGE_BYTES, rowBytes(tensor));
const isList = ({ dtype, shape }: SampleTensor) => dtype !== 'text' && shape.length > 0;
/** Values of one sample. */
const widthOf = (tensor: SampleTensor) => (isList(tensor) ? (tensor.shape[0] ?? 1) : 1);

/** Bytes of one sample in the file, without those of a text; a list has a bit of level beside each value. */
function columnBytes(tensor: SampleTensor): number {
  const each = valueBytes[elements[tensor.dtype].type];
  return widthOf(tensor) * (isList(tensor) ? each + 1 / 8 : each);
}

/**
 * Texts have different lengths: their columns are read once.
 * @returns at most how many bytes those of so many rows have, from the first one on; of the file with the most of them,
 * where all have so many rows, if that is not told.
 */
async function measureTexts(samples: Samples, windowRows: number): Promise<(rows: number, first?: number) => number> {
  const texts = samples.tensors.filter(({ dtype }) => dtype === 'text');
  const steps = new Array<number>(texts.length > 0 ? Math.ceil(samples.count / TEXT_STEP_ROWS) : 0).fill(0);
  for (let row = 0; texts.length > 0 && row < samples.count; row += windowRows) {
    for (const tensor of texts) {
      const stepBytes = TEXT_STEP_ROWS * rowBytes(tensor);
      let place = row * rowBytes(tensor);
      for await (const piece of samples.rows(tensor, row, Math.min(windowRows, samples.count - row))) {
        for (let from = 0; from < piece.length; ) {
          const step = Math.floor(place / stepBytes);
          const end = Math.min(piece.length, from + (step + 1) * stepBytes - place);
          place += end - from;
          let bytes = 0;
          for (; from < end; from++) if (piece[from] !== 0) bytes++;
          steps[step] = (steps[step] ?? 0) + bytes;
        }
      }
    }
  }
  const before = [0];
  for (const bytes of steps) before.push((before.at(-1) ?? 0) + bytes);
  const sum = (first: number, end: number) =>
    (before[Math.ceil(Math.min(end, samples.count) / TEXT_STEP_ROWS)] ?? 0) -
    (before[Math.floor(first / TEXT_STEP_ROWS)] ?? 0);
  const rowMost = texts.reduce((most, tensor) => most + rowBytes(tensor), 0);
  return (rows, first) => {
    if (texts.length === 0) return 0;
    let most = first === undefined ? 0 : sum(first, first + rows);
    if (first === undefined)
      for (let row = 0; row < samples.count; row += rows) most = Math.max(most, sum(row, row + rows));
    return Math.min(most, rows * rowMost);
  };
}

/** A data page of version 2. */
async function writePage(sink: Sink, samples: Samples, tensor: SampleTensor, first: number, rows: number) {
  const bytes = new Uint8Array(rows * rowBytes(tensor));
  let filled = 0;
  for await (const piece of samples.rows(tensor, first, rows)) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  const values = plain(tensor, bytes, rows);
  const count = rows * widthOf(tensor);
  const repetition = isList(tensor) ? rowStarts(rows, widthOf(tensor)) : new Uint8Array(0);
  const definition = isList(tensor) ? allPresent(count) : new Uint8Array(0);
  const size = repetition.length + definition.length + values.length;
  const header = new ByteWriter(64);
  writePageHeader(header, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: size,
    compressed_page_size: size,
    data_page_header_v2: {
      num_values: count,
      num_nulls: 0,
      num_rows: rows,
      encoding: 'PLAIN',
      repetition_levels_byte_length: repetition.length,
      definition_levels_byte_length: definition.length,
      is_compressed: false,
    },
  });
  await sink(Buffer.concat([header.getBytes(), repetition, definition]));
  await sink(values);
}

/** Repetition levels of lists of one length, bit-packed: 0 where a row begins, 1 elsewhere. */
function rowStarts(rows: number, width: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((rows * width) / 8)).fill(0xff);
  for (let value = 0; value < rows * width; value += width)
    packed[value >> 3] = at(packed, value) & ~(1 << (value & 7));
  const levels = new ByteWriter(packed.length + 8);
  levels.appendVarInt((packed.length << 1) | 1);
  levels.appendBytes(packed);
  return levels.getBytes();
}

const at = (bits: Uint8Array, index: number) => bits[index >> 3] as number;

/** Definition levels of lists without gaps: one run of 1. */
function allPresent(count: number): Uint8Array {
  const levels = new ByteWriter(16);
  levels.appendVarInt(count << 1);
  levels.appendUint8(1);
  return levels.getBytes();
}

/** Values in the encoding PLAIN. @param bytes aligned; where that is how they lie already, they are what is returned. */
function plain({ dtype }: SampleTensor, bytes: Uint8Array, rows: number): Uint8Array {
  if (dtype === 'text') return plainTexts(bytes, rows);
  const numbers = toNumbers({ dtype, bigEndian: false }, bytes);
  if (dtype === 'bool') {
    const bits = new Uint8Array(Math.ceil(numbers.length / 8));
    for (let i = 0; i < numbers.length; i++) if (numbers[i]) bits[i >> 3] = at(bits, i) | (1 << (i & 7));
    return bits;
  }
  if (dtype === 'float16') return bytesOf(Float32Array.from(numbers as Float16Array));
  if (elements[dtype].type === 'INT32' && numbers.BYTES_PER_ELEMENT < 4)
    return bytesOf(Int32Array.from(numbers as Int16Array));
  return bytesOf(numbers);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** @param bytes of texts that are filled up with zeros. */
function plainTexts(bytes: Uint8Array, rows: number): Uint8Array {
  const width = bytes.length / rows;
  const out = Buffer.alloc(rows * (4 + width));
  let filled = 0;
  for (let row = 0; row < rows; row++) {
    const text = bytes.subarray(row * width, (row + 1) * width);
    const end = text.indexOf(0);
    const length = end < 0 ? width : end;
    filled = out.writeUInt32LE(length, filled);
    out.set(text.subarray(0, length), filled);
    filled += length;
  }
  return out.subarray(0, filled);
}

function chunkOf(tensor: SampleTensor, rows: number, start: number, end: number): ColumnChunk {
  const size = BigInt(end - start);
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: elements[tensor.dtype].type,
      encodings: ['PLAIN', 'RLE'],
      path_in_schema: isList(tensor) ? [tensor.name, 'list', 'element'] : [tensor.name],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(rows * widthOf(tensor)),
      total_uncompressed_size: size,
      total_compressed_size: size,
      data_page_offset: BigInt(start),
    },
  };
}

function footer(tensors: SampleTensor[], groups: RowGroup[], rows: number): Uint8Array {
  const bytes = new ByteWriter();
  writeMetadata(bytes, {
    version: 2,
    created_by: 'starmap',
    schema: schemaOf(tensors),
    num_rows: BigInt(rows),
    row_groups: groups,
    // Of the file that was read; none was.
    metadata_length: 0,
  });
  bytes.appendBytes(MAGIC);
  return bytes.getBytes();
}

function schemaOf(tensors: SampleTensor[]): SchemaElement[] {
  return [
    { name: 'root', num_children: tensors.length },
    ...tensors.flatMap((tensor): SchemaElement[] => {
      const { name, dtype } = tensor;
      const value = { repetition_type: 'REQUIRED', ...elements[dtype] } as const;
      if (!isList(tensor)) return [{ name, ...value }];
      return [
        { name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', ...value },
      ];
    }),
  ];
}
