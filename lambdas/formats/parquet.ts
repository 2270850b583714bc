import { type PageHeader, parquetMetadata, parquetSchema } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openByteReader } from './byte-reader.ts';
import { type ColumnPages, newMemory, openPageStore, type PageMemory, type PageStore } from './page-store.ts';
import { type ColumnOrReason, type ParquetChunk, type ParquetColumn, readColumns } from './parquet-column.ts';
import { isCount, ParquetDamage } from './parquet-encodings.ts';
import { spread, spreadFloats } from './parquet-missing.ts';
import { type DataPage, readDataPage, readDictionary, readValues } from './parquet-page.ts';
import { itemBytes, type Partition, type PartitionTensor, TEXT_BYTES } from './partition.ts';

/** Enough for the footer of a file with few row groups. */
const FOOTER_BYTES = 64 * 1024;
/** More than the header of any page of numbers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Smaller chunks are read through the object's blocks: their neighbours are asked for next. */
const SMALL_CHUNK_BYTES = 32 * 1024;
/**
 * parquet: each column of numbers is a tensor [n], each column of lists of one length k a tensor [n, k]. A missing
 * value is NaN, as in pandas: integers and booleans of which some are missing are float64. A missing text is empty. It is
 * read page by page.
 * https://parquet.apache.org/docs/file-format/
 */
export async function openParquet(object: ObjectSource): Promise<Partition> {
  const { key, sizeBytes } = object;
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  const store = openPageStore(object);
  for (const column of await readFooter(object)) {
    const what = `${key}: tensor ${column.name}`;
    if ('reason' in column) {
      partition.unreadable.set(column.name, new Failure('UnsupportedFormat', `${what}: a column ${column.reason}`));
      continue;
    }
    const end = column.chunks.reduce((last, chunk) => Math.max(last, chunk.end), 0);
    if (end > sizeBytes) {
      const why = `ends at byte ${end}, the file at ${sizeBytes}; write or upload it again`;
      throw new Failure('PartitionTruncated', `${what} ${why}`);
    }
    partition.tensors.set(column.name, columnTensor(object, store, what, column));
  }
  return partition;
}

function columnTensor(object: ObjectSource, store: PageStore, what: string, column: ParquetColumn): PartitionTensor {
  const { name, dtype, rows, width } = column;
  const shape = column.isList ? [rows, width] : dtype === 'text' ? [rows, TEXT_BYTES] : [rows];
  const bytesFrom = (row: number) => columnBytes(object, store, what, column, row * width);
  return { name, dtype, shape, bigEndian: false, range: undefined, bytes: () => bytesFrom(0), bytesFrom };
}

/** The columns as the end of the file describes them. */
async function readFooter(object: ObjectSource): Promise<ColumnOrReason[]> {
  const { key, sizeBytes } = object;
  const isMagic = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes) === 'PAR1';
  if (!isMagic(await object.read(0, Math.min(4, sizeBytes)))) {
    throw new Failure('PartitionCorrupt', `${key}: not a parquet file (its first bytes are not PAR1)`);
  }
  const tail = await object.read(Math.max(0, sizeBytes - FOOTER_BYTES), sizeBytes);
  if (sizeBytes < 12 || !isMagic(tail.subarray(-4))) {
    const why = `no parquet footer at its end (${sizeBytes} bytes): it was cut short`;
    throw new Failure('PartitionTruncated', `${key}: ${why}`);
  }
  const footerBytes = new DataView(tail.buffer, tail.byteOffset + tail.length - 8).getUint32(0, true) + 8;
  if (footerBytes + 4 > sizeBytes) {
    throw new Failure('PartitionCorrupt', `${key}: a footer of ${footerBytes} bytes in a file of ${sizeBytes}`);
  }
  const footer = footerBytes <= tail.length ? tail : await object.read(sizeBytes - footerBytes, sizeBytes);
  try {
    const metadata = parquetMetadata(footer, { geoparquet: false });
    const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (!isCount(rows) || rows !== Number(metadata.num_rows)) throw new ParquetDamage('row groups do not add up');
    return readColumns(metadata, parquetSchema(metadata));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('PartitionCorrupt', `${key}: the parquet footer is damaged (${why})`, { cause: error });
  }
}

/** The values of a column from the value `from` on, page by page. Row groups and pages before it are passed over. */
async function* columnBytes(
  object: ObjectSource,
  store: PageStore,
  what: string,
  column: ParquetColumn,
  from: number,
): AsyncGenerator<Uint8Array> {
  const pages = store.openColumn();
  let end = 0;
  try {
    for (const chunk of column.chunks) {
      const start = end;
      end += chunk.values;
      if (end <= from && end > start) continue;
      let values = Math.max(start, from);
      for await (const piece of chunkPieces(object, pages, what, column, chunk, { start, from: values })) {
        values += piece.length / bytesPerValue(column);
        if (values > end) throw damage(what, `more than the ${end} values of the footer`, chunk.start);
        yield piece;
      }
      if (values < end) throw damage(what, `${values} of ${end} values are there`, chunk.end);
    }
  } finally {
    pages.close();
  }
}

const bytesPerValue = ({ dtype }: ParquetColumn) => (dtype === 'text' ? TEXT_BYTES : itemBytes[dtype]);

const DICTIONARY_ENCODINGS = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

interface Dictionary {
  header: PageHeader;
  /** Where its body begins in the file. */
  start: number;
}

async function* chunkPieces(
  object: ObjectSource,
  pages: ColumnPages,
  what: string,
  column: ParquetColumn,
  chunk: ParquetChunk,
  { start: firstValue, from }: { start: number; from: number },
): AsyncGenerator<Uint8Array> {
  const { start, end } = chunk;
  async function* small() {
    yield await object.read(start, end);
  }
  const piece = pages.received(end - start);
  const reader = openByteReader(end - start <= SMALL_CHUNK_BYTES ? small() : object.stream(start, end, () => piece));
  let dictionary: Dictionary | undefined;
  let at = start;
  let value = firstValue;
  const decode = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw asFailure(what, error, at);
    }
  };
  /** The next page, decoded; undefined for one without values. A function, so that a page keeps only its values alive. */
  const nextPage = async (memory: PageMemory): Promise<Uint8Array | undefined> => {
    const head = await reader.peek(MAX_HEADER_BYTES);
    const { header, headerBytes } = decode(() => readHeader(head, end - at));
    await reader.view(headerBytes);
    const bodyStart = at + headerBytes;
    const bodyBytes = header.compressed_page_size;
    const isDictionary = header.type === 'DICTIONARY_PAGE';
    const count = (header.data_page_header_v2 ?? header.data_page_header)?.num_values;
    const isBefore = isCount(count) && value + count <= from;
    const isPassedOver = isDictionary ? from > firstValue : isBefore || header.type === 'INDEX_PAGE';
    let values: Uint8Array | undefined;
    if (isPassedOver) {
      if (!(await reader.skip(bodyBytes))) throw damage(what, 'a page is cut short', at);
      if (isDictionary) dictionary = { header, start: bodyStart };
      else if (isBefore) value += count;
    } else {
      // What is not compressed is handed on as it is.
      const compressed = chunk.codec !== 'UNCOMPRESSED';
      const place = (count: number) => memory('stream', count);
      const bytes = await (compressed ? reader.view(bodyBytes, place) : reader.take(bodyBytes, place));
      if (!bytes) throw damage(what, 'a page is cut short', at);
      const page = { header, bytes, codec: chunk.codec, memory };
      if (isDictionary) {
        dictionary = { header, start: bodyStart };
        pages.dictionary.keep(decode(() => readDictionary(page, column)));
      } else {
        const data = decode(() => readDataPage(page, column));
        const entries = await dictionaryFor(data, memory);
        values = decode(() => pageValues(what, data, column, entries, value, memory));
        if (value < from) values = values.subarray((from - value) * bytesPerValue(column));
        value += data.count;
      }
    }
    at = bodyStart + bodyBytes;
    if (at === end) pages.dictionary.drop();
    return values;
  };
  /** Let go at the first page without it: a writer that has given up on its dictionary does not return to it. */
  const dictionaryFor = async ({ encoding }: DataPage, memory: PageMemory): Promise<Uint8Array | undefined> => {
    if (!dictionary) return undefined;
    const { header, start: from } = dictionary;
    if (!DICTIONARY_ENCODINGS.includes(encoding)) {
      pages.dictionary.drop();
      return undefined;
    }
    const known = pages.dictionary.bytes(memory);
    if (known) return known;
    // It was passed over.
    const bytes = await object.read(from, from + header.compressed_page_size);
    const entries = decode(() => readDictionary({ header, bytes, codec: chunk.codec, memory: newMemory }, column));
    pages.dictionary.keep(entries);
    return entries;
  };
  const keepNext = async (memory: PageMemory) => {
    const values = await nextPage(memory);
    if (values) pages.page.keep(values);
  };
  try {
    while (at < end) {
      await pages.decoding(keepNext);
      yield* pages.page.take();
    }
  } finally {
    await reader.close();
  }
}

function readHeader(bytes: Uint8Array, left: number): { header: PageHeader; headerBytes: number } {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const header: PageHeader = parquetHeader(reader);
  const { compressed_page_size: body } = header;
  // A damaged header may have anything in a field: text, a fraction.
  if (!isCount(body) || reader.offset + body > left)
    throw new ParquetDamage(`a page of ${body} bytes, left are ${left}`);
  return { header, headerBytes: reader.offset };
}

/** The values of a page, those that are missing as NaN. */
function pageValues(
  what: string,
  page: DataPage,
  column: ParquetColumn,
  dictionary: Uint8Array | undefined,
  first: number,
  memory: PageMemory,
): Uint8Array {
  const { count, definition, repetition } = page;
  const row = (value: number) => `row ${Math.floor((first + value) / column.width)}`;
  if (repetition) {
    const wrong = unequalList(repetition, first % column.width, column.width);
    if (wrong >= 0) {
      const why = `the list in ${row(wrong)} has not ${column.width} values like the others`;
      throw new Failure('UnsupportedFormat', `${what}: ${why}; make the lists equally long`);
    }
  }
  const present = definition ? countOf(definition, column.maxDefinition) : count;
  const values = readValues(page, present, column, dictionary, memory);
  const isConverted = column.dtype !== column.storedDtype;
  if (!isConverted && (!definition || present === count)) return values;
  const holdsNone = column.dtype.startsWith('float') || column.dtype === 'text';
  const bad = definition?.findIndex(
    (level) => level !== column.maxDefinition && !(holdsNone && level >= column.listDefinition),
  );
  if (bad !== undefined && bad >= 0) {
    const remedy = holdsNone
      ? 'give each row a list'
      : 'fill it (fillna), write the column as floats, or write the file with statistics, by which it is read as floats';
    throw new Failure('UnsupportedFormat', `${what}: ${row(bad)} has no value; ${remedy}`);
  }
  return isConverted ? spreadFloats(values, definition, column, row) : spread(values, definition as Uint8Array, column);
}

/** The first value that begins a list too early or too late; -1 where all are of one length. */
function unequalList(repetition: Uint8Array, begun: number, width: number): number {
  let place = begun;
  for (let i = 0; i < repetition.length; i++) {
    if (repetition[i] !== (place === 0 ? 0 : 1)) return i;
    place = place + 1 === width ? 0 : place + 1;
  }
  return -1;
}

function countOf(levels: Uint8Array, wanted: number): number {
  let count = 0;
  for (const level of levels) if (level === wanted) count++;
  return count;
}

const damage = (what: string, why: string, at: number, cause?: unknown) =>
  new Failure('PartitionCorrupt', `${what}: damaged near byte ${at} (${why}); write or upload it again`, { cause });

function asFailure(what: string, error: unknown, at: number): Failure {
  if (!(error instanceof Failure))
    return damage(what, error instanceof Error ? error.message : String(error), at, error);
  if (error.message.startsWith(what)) return error;
  return new Failure('UnsupportedFormat', `${what}: ${error.message}`, { cause: error });
}
