import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { type CsvBlocks, openCsvBlocks, openMarks } from './csv-blocks.ts';
import { type CsvColumn, openCsvColumn } from './csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter } from './csv-records.ts';
import { type Partition, type PartitionTensor, TEXT_BYTES } from './partition.ts';
import { paddedText } from './text-rows.ts';

/** Each column takes some memory, however few rows there are. */
const MAX_COLUMNS = 16_384;
const CHUNK_BYTES = 256 * 1024;

/** Of a larger file the values are not kept, but read from it once more. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** So that the types are found out in the memory of a few rows. */
const ROWS_KEPT = 256;

/**
 * csv: a header line, then rows; each column of numbers is a tensor [n], int64 where all are integers, else float64 with
 * NaN where a field is empty; any other is text. Separated by commas (or, where the header has none, by semicolons or tabs). How many rows
 * there are and of what type a column is, is known at its end only: the file is read once, and 8 bytes a number are kept
 * of a small one.
 * https://www.rfc-editor.org/rfc/rfc4180
 * @param keptBytes largest size of a file whose values are kept.
 */
export async function openCsv(object: ObjectSource, keptBytes = KEPT_BYTES): Promise<Partition> {
  const { key, sizeBytes } = object;
  const isKept = sizeBytes <= keptBytes;
  let names: string[] = [];
  let columns: CsvColumn[] = [];
  let rows = 0;
  const marks = openMarks(sizeBytes);
  const splitter = openCsvSplitter(key);
  const onRecord = (record: CsvRecord) => {
    const { bytes, bounds, fields, line, start } = record;
    if (columns.length === 0) {
      names = columnNames(
        key,
        Array.from({ length: fields }, (_, i) => fieldText(record, i).trim()),
      );
      columns = names.map(() => openCsvColumn());
      return;
    }
    if (fields !== columns.length) {
      const what = `line ${line} has ${fields} fields, the header has ${columns.length}`;
      throw new Failure('PartitionCorrupt', `${key}: ${what}; write or upload it again`);
    }
    for (let i = 0; i < fields; i++) columns[i]?.add(bytes, bounds[i * 3] as number, bounds[i * 3 + 1] as number);
    if (!isKept) {
      marks.pass(rows, start);
      if (rows % ROWS_KEPT === 0) for (const column of columns) column.clear();
    }
    rows++;
  };
  const chunk = new Uint8Array(CHUNK_BYTES);
  for await (const bytes of object.stream(0, sizeBytes, () => chunk)) splitter.push(bytes, onRecord);
  splitter.end();
  const blocks = isKept ? undefined : openCsvBlocks(object, marks, splitter.separator());
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  for (const [i, column] of columns.entries())
    partition.tensors.set(names[i] as string, toTensor(object, names[i] as string, i, column, rows, blocks));
  return partition;
}

/** The column without a name, as pandas writes its index, is `column_<i>`. */
function columnNames(key: string, names: string[]): string[] {
  const corrupt = (why: string) => new Failure('PartitionCorrupt', `${key}: ${why}`);
  if (names.length > MAX_COLUMNS) throw corrupt(`${names.length} columns; more than ${MAX_COLUMNS} are not read`);
  if (names.every((name) => name !== '' && Number.isFinite(Number(name)))) {
    throw corrupt(`its first line holds numbers (${names.slice(0, 3).join(', ')}); put the names of the columns there`);
  }
  const named = names.map((name, i) => name || `column_${i}`);
  const seen = new Set<string>();
  for (const name of named) {
    if (seen.has(name)) throw corrupt(`two columns have the name ${name}; give each its own`);
    seen.add(name);
  }
  return named;
}

function toTensor(
  object: ObjectSource,
  name: string,
  index: number,
  column: CsvColumn,
  rows: number,
  blocks: CsvBlocks | undefined,
): PartitionTensor {
  const { dtype, notNumber } = column;
  const place = { name, bigEndian: false, range: undefined };
  if (dtype) {
    const kept = async function* () {
      yield* column.blocks();
    };
    const bytes = blocks ? () => blocks.numbers(index, dtype) : kept;
    return { ...place, dtype, shape: [rows], bytes };
  }
  const note = `${JSON.stringify(notNumber?.text.slice(0, 40))} in row ${notNumber?.row} is no number`;
  const what = `${object.key}: tensor ${name}`;
  const bytes = () => (blocks ? blocks.texts(index, what) : textBytes(object, what, index));
  return { ...place, dtype: 'text', shape: [rows, TEXT_BYTES], note, bytes };
}

/** A column of text of a small file: nothing of it was kept, the file is read again. */
async function* textBytes(object: ObjectSource, what: string, index: number): AsyncGenerator<Uint8Array> {
  const splitter = openCsvSplitter(object.key);
  // The header comes first.
  let row = -1;
  for await (const chunk of object.stream(0, object.sizeBytes)) {
    const texts: Uint8Array[] = [];
    splitter.push(chunk, (record) => {
      if (row >= 0) texts.push(paddedText(what, row, Buffer.from(fieldText(record, index))));
      row++;
    });
    yield Buffer.concat(texts);
  }
}
