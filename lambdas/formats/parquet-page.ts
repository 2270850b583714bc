import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type PageHeader, snappyUncompress } from 'hyparquet';
import { Failure } from '../failure.ts';
import { unpackLz4 } from './lz4.ts';
import type { PageMemory } from './page-store.ts';
import type { ParquetColumn } from './parquet-column.ts';
import {
  isCount,
  joinSplitBytes,
  lookUp,
  ParquetDamage,
  readDifferences,
  readHybrid,
  requireBytes,
  unpackBits,
} from './parquet-encodings.ts';
import { plainTexts, textsAfterLengths } from './parquet-texts.ts';

/** No writer makes larger pages (a usual one has 1 MB); a damaged size must not reserve memory. */
const MAX_PAGE_BYTES = 512 * 1024 * 1024;
const MAX_PAGE_VALUES = 1 << 26;
/** Texts take more room here than in the file. */
const MAX_PAGE_TEXTS = 1 << 20;

export interface ParquetPage {
  header: PageHeader;
  /** As it lies in the file. */
  bytes: Uint8Array;
  codec: string;
  /** For what it is decoded into. */
  memory: PageMemory;
}

/** The parts of a data page, uncompressed. */
export interface DataPage {
  count: number;
  encoding: string;
  /** 1 where a value belongs to the row of the one before; undefined in a flat column. */
  repetition: Uint8Array | undefined;
  /** How much of a value is there; undefined where none may be missing. */
  definition: Uint8Array | undefined;
  values: Uint8Array;
}

/** Splits a data page of either version. */
export function readDataPage(page: ParquetPage, column: ParquetColumn): DataPage {
  const { header, bytes } = page;
  requireChecksum(page);
  const bits = 32 - Math.clz32(column.maxDefinition);
  const level = (use: string, part: Uint8Array, width: number, count: number) => {
    const levels = page.memory(use, count);
    readHybrid(part, width, levels);
    return levels;
  };
  const v2 = header.data_page_header_v2;
  if (v2) {
    const count = countOf(v2.num_values);
    const repetitionEnd = v2.repetition_levels_byte_length;
    const levelsEnd = repetitionEnd + v2.definition_levels_byte_length;
    if (!isCount(repetitionEnd) || !isCount(levelsEnd) || levelsEnd < repetitionEnd || levelsEnd > bytes.length)
      throw new ParquetDamage('levels end behind the page');
    const body = bytes.subarray(levelsEnd);
    return {
      count,
      encoding: v2.encoding,
      repetition: column.isList ? level('repetition', bytes.subarray(0, repetitionEnd), 1, count) : undefined,
      definition: bits > 0 ? level('definition', bytes.subarray(repetitionEnd, levelsEnd), bits, count) : undefined,
      values: v2.is_compressed === false ? body : decompress(page, body, header.uncompressed_page_size - levelsEnd),
    };
  }
  const v1 = header.data_page_header;
  if (!v1) throw new ParquetDamage(`a page of type ${header.type}`);
  const count = countOf(v1.num_values);
  let rest = decompress(page, bytes, header.uncompressed_page_size);
  const levels = (use: string, width: number) => {
    if (rest.length < 4) throw new ParquetDamage('the levels are missing');
    const size = new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0, true);
    const part = rest.subarray(4, 4 + size);
    rest = rest.subarray(4 + size);
    return level(use, part, width, count);
  };
  const repetition = column.isList ? levels('repetition', 1) : undefined;
  const definition = bits > 0 ? levels('definition', bits) : undefined;
  return { count, encoding: v1.encoding, repetition, definition, values: rest };
}

/** The values of a dictionary page, one after another. */
export function readDictionary(page: ParquetPage, column: ParquetColumn): Uint8Array {
  requireChecksum(page);
  const count = countOf(page.header.dictionary_page_header?.num_values ?? -1);
  return plain(decompress(page, page.bytes, page.header.uncompressed_page_size), count, column, page.memory);
}

/** `count` values, little-endian, one after another. */
export function readValues(
  page: DataPage,
  count: number,
  column: ParquetColumn,
  dictionary: Uint8Array | undefined,
  memory: PageMemory,
): Uint8Array {
  const { encoding, values } = page;
  if (column.dtype === 'text' && count > MAX_PAGE_TEXTS) {
    throw new Failure('UnsupportedFormat', `a page of ${count} texts; write pages of ${MAX_PAGE_TEXTS} at most`);
  }
  switch (encoding) {
    case 'PLAIN':
      return plain(values, count, column, memory);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      if (!dictionary) throw new ParquetDamage('the dictionary is missing');
      const indices = new Uint32Array(memory('indices', count * 4).buffer, 0, count);
      if (count > 0) readHybrid(values.subarray(1), values[0] ?? 255, indices);
      return lookUp(dictionary, indices, column.storedBytes, memory('values', count * column.storedBytes));
    }
    case 'RLE': {
      const booleans = new Uint8Array(count);
      readHybrid(values.subarray(4), 1, booleans);
      return booleans;
    }
    case 'BYTE_STREAM_SPLIT':
      requireBytes(values, count * column.storedBytes);
      return joinSplitBytes(values, count, column.storedBytes);
    case 'DELTA_BINARY_PACKED':
      return numbers(values, count, column);
    case 'DELTA_LENGTH_BYTE_ARRAY':
    case 'DELTA_BYTE_ARRAY':
      if (column.dtype !== 'text') throw new ParquetDamage(`encoding ${encoding} of numbers`);
      return textsAfterLengths(values, count, encoding === 'DELTA_BYTE_ARRAY', memory);
    default:
      throw new Failure('UnsupportedFormat', `encoding ${encoding} is not read; write it with PLAIN or a dictionary`);
  }
}

function plain(values: Uint8Array, count: number, column: ParquetColumn, memory: PageMemory): Uint8Array {
  if (column.isBoolean) return unpackBits(values, count);
  if (column.dtype === 'text') return plainTexts(values, count, memory);
  requireBytes(values, count * column.storedBytes);
  return values.subarray(0, count * column.storedBytes);
}

/** Numbers by their differences. */
function numbers(values: Uint8Array, count: number, { storedBytes, storedDtype }: ParquetColumn): Uint8Array {
  const isUnsigned = storedDtype === 'uint32';
  const output = storedBytes === 4 && !isUnsigned ? new Int32Array(count) : new BigInt64Array(count);
  if (count > 0) readDifferences(values, 0, output);
  if (!isUnsigned) return new Uint8Array(output.buffer);
  // DuckDB writes the first one with 33 bits, of which the reader of 32-bit numbers loses one.
  const halves = new Uint32Array(output.buffer);
  return new Uint8Array(Uint32Array.from({ length: count }, (_, i) => halves[i * 2] as number).buffer);
}

function countOf(values: number): number {
  if (isCount(values) && values <= MAX_PAGE_VALUES) return values;
  throw new ParquetDamage(`a page of ${values} values`);
}

function requireChecksum({ header, bytes }: ParquetPage): void {
  if (header.crc !== undefined && header.crc >>> 0 !== crc32(bytes))
    throw new ParquetDamage('the checksum of a page is wrong');
}

function decompress({ codec, memory }: ParquetPage, bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (!isCount(sizeBytes) || sizeBytes > MAX_PAGE_BYTES) throw new ParquetDamage(`a page of ${sizeBytes} bytes`);
  const decoder = decoders[codec];
  if (!decoder) {
    throw new Failure(
      'UnsupportedFormat',
      `compression ${codec} is not read; write it with snappy, zstd, gzip, lz4, brotli or none`,
    );
  }
  const output = decoder(bytes, sizeBytes, memory);
  if (output.length !== sizeBytes) throw new ParquetDamage(`a page of ${output.length} bytes, not ${sizeBytes}`);
  return output;
}

type Decoder = (bytes: Uint8Array, sizeBytes: number, memory: PageMemory) => Uint8Array;

const decoders: Record<string, Decoder | undefined> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY: (bytes, sizeBytes, memory) => {
    // Three bytes of snappy give 64 at most.
    if (sizeBytes > bytes.length * 22 + 64) throw new ParquetDamage(`${bytes.length} bytes of snappy for ${sizeBytes}`);
    const output = memory('page', sizeBytes);
    snappyUncompress(bytes, output);
    return output;
  },
  LZ4_RAW: (bytes, sizeBytes, memory) => {
    // A byte of LZ4 gives 255 at most.
    if (sizeBytes > bytes.length * 255) throw new ParquetDamage(`${bytes.length} bytes of LZ4 for ${sizeBytes}`);
    const output = memory('page', sizeBytes);
    unpackLz4(bytes, output);
    return output;
  },
  GZIP: (bytes, sizeBytes) => gunzipSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) }),
  ZSTD: (bytes, sizeBytes) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) }),
  BROTLI: (bytes, sizeBytes) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) }),
};
