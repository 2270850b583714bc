import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { type CsvBlocks, openCsvBlocks, openMarks } from './csv-blocks.ts';
import { type CsvPlace, type CsvTypes, openCsvTypes } from './csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter, otherLength } from './csv-records.ts';
import { roundedByMissing } from './exact-float.ts';
import { type Partition, type PartitionTensor, TEXT_BYTES } from './partition.ts';

/** Each column takes some memory, however few rows there are. */
const MAX_COLUMNS = 16_384;
const CHUNK_BYTES = 256 * 1024;

/** A file up to this size is kept in memory; a larger one is downloaded twice. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * csv: a header line, then rows; each column of numbers is a tensor [n], int64 where all are integers, else float64 with
 * NaN where a field is empty; any other is text, and so are ids whose zeros at the beginning a number would lose.
 * Separated by commas (or, where the header has none, by semicolons or tabs). How many rows there are and of what type a
 * column is, is known at its end only: so it is read twice.
 * https://www.rfc-editor.org/rfc/rfc4180
 * @param keptBytes largest size of a file that is kept in memory.
 */
export async function openCsv(object: ObjectSource, keptBytes = KEPT_BYTES): Promise<Partition> {
  const { key, sizeBytes } = object;
  const source = sizeBytes <= keptBytes ? await keepWhole(object) : object;
  let names: string[] = [];
  let types: CsvTypes | undefined;
  let rows = 0;
  const marks = openMarks(sizeBytes);
  const splitter = openCsvSplitter(key);
  const onRecord = (record: CsvRecord) => {
    const { fields, start } = record;
    if (!types) {
      names = columnNames(
        key,
        Array.from({ length: fields }, (_, i) => fieldText(record, i).trim()),
      );
      types = openCsvTypes(names.length);
      return;
    }
    if (fields !== names.length) throw new Failure('PartitionCorrupt', `${key}: ${otherLength(record, names)}`);
    types.add(record, rows);
    marks.pass(rows, start);
    rows++;
  };
  const chunk = new Uint8Array(CHUNK_BYTES);
  for await (const bytes of source.stream(0, sizeBytes, () => chunk)) splitter.push(bytes, onRecord);
  splitter.end();
  const blocks = openCsvBlocks(source, marks, splitter.separator());
  const partition = { tensors: new Map(), unreadable: new Map(), texts: new Map() } satisfies Partition;
  for (const [i, name] of names.entries()) addColumn(key, partition, name, i, types?.columns[i], rows, blocks);
  return partition;
}

/** The object from memory. */
async function keepWhole(object: ObjectSource): Promise<ObjectSource> {
  const whole = await object.read(0, object.sizeBytes);
  return {
    ...object,
    read: async (start, end) => whole.slice(start, end),
    async *stream(start, end) {
      for (let at = start; at < end; at += CHUNK_BYTES) yield whole.subarray(at, Math.min(at + CHUNK_BYTES, end));
    },
  };
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

function addColumn(
  key: string,
  { tensors, unreadable, texts }: Required<Pick<Partition, 'tensors' | 'unreadable' | 'texts'>>,
  name: string,
  index: number,
  type: CsvTypes['columns'][number] | undefined,
  rows: number,
  blocks: CsvBlocks,
): void {
  const what = `${key}: tensor ${name}`;
  const place = { bigEndian: false, range: undefined };
  const asText = (called: string): PartitionTensor => ({
    ...place,
    name: called,
    dtype: 'text',
    shape: [rows, TEXT_BYTES],
    bytes: () => blocks.texts(index, what),
  });
  const { dtype, rounded, notNumber } = type ?? {};
  if (!dtype) {
    const note = notNumber && whyText(notNumber);
    tensors.set(name, { ...asText(name), ...(note ? { note } : {}) });
    return;
  }
  // Under a name of its own: the model may be fed with the numbers.
  if (rounded || type?.isPadded) texts.set(name, asText(`${name} as text`));
  if (!rounded) tensors.set(name, { ...place, name, dtype, shape: [rows], bytes: () => blocks.numbers(index, dtype) });
  else {
    const why = roundedByMissing(`row ${rounded.row}`, rounded.text);
    unreadable.set(name, new Failure('UnsupportedFormat', `${what}: ${why}; fill them in`));
  }
}

function whyText({ row, text }: CsvPlace): string {
  const what = /^[+-]?\d+$/.test(text) ? 'is too large for an integer of 64 bits' : 'is no number';
  return `${JSON.stringify(text.slice(0, 40))} in row ${row} ${what}`;
}
