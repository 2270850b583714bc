import type { PartitionCut } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { type CsvTypes, openCsvTypes } from '../formats/csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter, otherLength } from '../formats/csv-records.ts';
import type { Dtype } from '../formats/partition.ts';
import { Refusal } from './refusal.ts';
import type { SourceFile } from './source-files.ts';

/** Rows of one file that lie together; bytes, end exclusive. */
export interface CsvPiece {
  file: SourceFile;
  start: number;
  end: number;
}

export interface CsvPartition {
  samples: number;
  bytes: number;
  pieces: CsvPiece[];
}

interface CsvTableColumn extends Pick<Partial<CsvTypes['columns'][number]>, 'rounded' | 'isPadded'> {
  name: string;
  dtype: Dtype;
}

/** What a scan of CSV files found: their columns, and where to cut. */
export interface CsvTable {
  /** The first line of each partition, with its line break. */
  header: Uint8Array;
  columns: CsvTableColumn[];
  count: number;
  partitions: CsvPartition[];
  /** Where some rows begin, the first one of each file among them. */
  marks: { row: number; file: SourceFile; start: number }[];
}

/** How a file begins. */
interface CsvHead {
  file: SourceFile;
  names: string[];
  separator: string;
  header: Uint8Array;
}

const MARK_EVERY_ROWS = 8_192;

/**
 * Reads the files once: rows of text have any length, so only then it is known where partitions end. Nothing of the
 * rows is kept.
 */
export async function scanCsv(
  files: SourceFile[],
  cut: PartitionCut,
  onBytes: (bytes: number) => void,
): Promise<CsvTable> {
  let first: CsvHead | undefined;
  const partitions: CsvPartition[] = [];
  const marks: CsvTable['marks'] = [];
  let types: CsvTypes | undefined;
  let count = 0;
  for (const file of files) {
    const splitter = openCsvSplitter(file.name);
    let isHeader = true;
    const onRecord = (record: CsvRecord) => {
      if (isHeader) {
        isHeader = false;
        const names = Array.from({ length: record.fields }, (_, i) => fieldText(record, i).trim() || `column_${i}`);
        const head = { file, names, separator: splitter.separator() };
        requireSame(head, first);
        first ??= { ...head, header: headerOf(record, head.separator) };
        types ??= openCsvTypes(names.length);
        return;
      }
      const { names, header } = first as CsvHead;
      if (record.fields !== names.length) throw new Refusal('source', `${file.name}: ${otherLength(record, names)}`);
      types?.add(record, count);
      if (count % MARK_EVERY_ROWS === 0 || marks.at(-1)?.file !== file)
        marks.push({ row: count, file, start: record.start });
      addRow(partitions, header.length, cut, file, record);
      count++;
    };
    const object = file.open();
    for await (const chunk of object.stream(0, file.sizeBytes)) {
      splitter.push(chunk, onRecord);
      onBytes(chunk.length);
    }
    splitter.end();
    await object.close();
  }
  if (!first || count === 0)
    throw new Refusal('source', `${files[0]?.name}: there are no samples in it (0 rows); nothing to split`);
  const { header, names } = first as CsvHead;
  return {
    header,
    columns: names.map((name, i) => {
      const { dtype = 'text', rounded, isPadded } = types?.columns[i] ?? {};
      return { name, dtype, rounded, isPadded };
    }),
    count,
    partitions,
    marks,
  };
}

/** Puts a row into the last partition, or into a new one where that is full. */
function addRow(
  partitions: CsvPartition[],
  headerBytes: number,
  cut: PartitionCut,
  file: SourceFile,
  { start, end, line }: CsvRecord,
): void {
  let last = partitions.at(-1);
  let piece = last?.pieces.at(-1);
  // Blank lines between two rows go with them.
  const bytes = end - (piece?.file === file ? piece.end : start);
  const isFull = last && ('samples' in cut ? last.samples >= cut.samples : last.bytes + bytes > cut.sizeBytes);
  if (!last || isFull) {
    if ('sizeBytes' in cut && headerBytes + end - start > cut.sizeBytes) {
      const why = `line ${line} with the header is ${headerBytes + end - start} bytes`;
      throw new Refusal('cut', says`${file.name}: ${why}, more than ${option('size', cut.text)}; choose a larger size`);
    }
    last = { samples: 0, bytes: headerBytes, pieces: [] };
    partitions.push(last);
    piece = undefined;
  }
  if (piece?.file === file) piece.end = end;
  else last.pieces.push({ file, start, end });
  last.bytes += piece?.file === file ? bytes : end - start;
  last.samples++;
}

function requireSame({ file: { name: file }, names, separator }: Omit<CsvHead, 'header'>, first?: CsvHead): void {
  if (names.every((name) => name !== '' && Number.isFinite(Number(name)))) {
    const some = names.slice(0, 3).join(', ');
    throw new Refusal('source', `${file}: its first line holds numbers (${some}); put the names of the columns there`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new Refusal('source', `${file}: two columns have the name ${twice}; give each its own`);
  if (!first) return;
  const remedy = 'put files with the same columns in a folder';
  if (separator !== first.separator)
    throw new Refusal('source', `${file}: its fields are not separated as those of ${first.file.name}; ${remedy}`);
  const odd = Array.from({ length: Math.max(names.length, first.names.length) }).findIndex(
    (_, i) => names[i] !== first.names[i],
  );
  if (odd < 0) return;
  const [here, there] = [names[odd], first.names[odd]].map((name) => name ?? 'not there');
  throw new Refusal('source', `${file}: column ${odd + 1} is ${here}, in ${first.file.name} it is ${there}; ${remedy}`);
}

/** The header as it stands there, ended by a line feed. */
function headerOf({ bytes, bounds, fields }: CsvRecord, separator: string): Uint8Array {
  const cells = Array.from({ length: fields }, (_, i) => {
    const text = Buffer.from(bytes.subarray(bounds[i * 2], bounds[i * 2 + 1])).toString('latin1');
    return /["\r\n]/.test(text) || text.includes(separator) ? `"${text}"` : text;
  });
  return Buffer.from(`${cells.join(separator)}\n`, 'latin1');
}
