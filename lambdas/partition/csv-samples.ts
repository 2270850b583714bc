import type { FileHandle } from 'node:fs/promises';
import { option, says } from '../../lib/domain/partition-message.ts';
import { openCsvColumn } from '../formats/csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter } from '../formats/csv-records.ts';
import { roundedByMissing } from '../formats/exact-float.ts';
import { TEXT_BYTES } from '../formats/partition.ts';
import { paddedText } from '../formats/text-rows.ts';
import type { CsvTable } from './csv-table.ts';
import { Refusal } from './refusal.ts';
import { rowBytes, type Samples, type SampleTensor } from './samples.ts';
import type { SourceFile } from './source-files.ts';
import { openWindowFile, writeAt } from './window-file.ts';

/** Rows that are turned into numbers together. */
const BLOCK_ROWS = 4_096;
const PIECE_BYTES = 512 * 1024;
/** Rows are parsed for so many bytes at least: who asks for pages of one column asks for other columns of those rows next. */
const WINDOW_BYTES = 8_000_000;

/**
 * CSV as tensors. Rows that are asked for are parsed once, for all columns, into a temporary file in which each column
 * lies together: memory does not grow with them.
 */
export function csvSamples(files: SourceFile[], table: CsvTable, only: string[] | null): Samples {
  const all = table.columns.map(
    ({ name, dtype }): SampleTensor => ({ name, dtype, shape: dtype === 'text' ? [TEXT_BYTES] : [] }),
  );
  const tensors = (only ?? all.map(({ name }) => name)).map((name) => {
    const found = all.find((tensor) => tensor.name === name);
    if (found) return found;
    const names = all.map((tensor) => tensor.name).join(', ');
    throw new Refusal('tensors', `${files[0]?.name}: there is no column ${name}; it has ${names}`);
  });
  for (const { name } of tensors) requireExact(table, name);
  const places = tensors.map((tensor) => all.indexOf(tensor));
  let handle: FileHandle | undefined;
  let window = { first: 0, count: 0 };

  /** Where a column begins in the temporary file. */
  const columnStart = (index: number) =>
    tensors.slice(0, index).reduce((sum, tensor) => sum + rowBytes(tensor) * window.count, 0);

  const windowRows = Math.floor(WINDOW_BYTES / tensors.reduce((sum, tensor) => sum + rowBytes(tensor), 0));

  async function fill(first: number, wanted: number): Promise<void> {
    if (first >= window.first && first + wanted <= window.first + window.count) return;
    handle ??= await openWindowFile();
    const count = Math.max(wanted, Math.min(windowRows, table.count - first));
    window = { first, count };
    let done = 0;
    for await (const block of blocks(files, table, tensors, places, first, count)) {
      for (const [i, bytes] of block.entries()) {
        const width = rowBytes(tensors[i] as SampleTensor);
        await writeAt(handle, bytes, columnStart(i) + done * width);
      }
      done += (block[0]?.length ?? 0) / rowBytes(tensors[0] as SampleTensor);
    }
  }

  return {
    count: table.count,
    tensors,
    async *rows(tensor, first, count) {
      await fill(first, count);
      const start = columnStart(tensors.indexOf(tensor)) + (first - window.first) * rowBytes(tensor);
      const end = start + count * rowBytes(tensor);
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      for (let at = start; at < end; ) {
        const { bytesRead } = await (handle as FileHandle).read(piece, 0, Math.min(PIECE_BYTES, end - at), at);
        if (bytesRead === 0) throw new Error(`the temporary file ends at byte ${at} of ${end}`);
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    },
    async close() {
      await handle?.close();
    },
  };
}

/** Throws where integers of a column would be rounded. */
function requireExact({ columns, marks }: CsvTable, name: string): void {
  const { rounded } = columns.find((column) => column.name === name) ?? {};
  if (!rounded) return;
  const file = marks.findLast(({ row }) => row <= rounded.row)?.file;
  const row = rounded.row - (marks.find((mark) => mark.file === file)?.row ?? 0);
  const why = `${file?.name}: column ${name}: ${roundedByMissing(`row ${row}`, rounded.text)}`;
  throw new Refusal(
    'source',
    says`${why}; fill them in, name the other columns in ${option('tensors')}, or keep to CSV`,
  );
}

/** Rows in blocks: the bytes of each column. */
async function* blocks(
  files: SourceFile[],
  { header, marks, columns }: CsvTable,
  tensors: SampleTensor[],
  places: number[],
  first: number,
  count: number,
): AsyncGenerator<Uint8Array[]> {
  const last = first + count;
  const next = marks.findIndex(({ row }) => row > first);
  const mark = marks[(next < 0 ? marks.length : next) - 1];
  let row = mark?.row ?? 0;
  let block = openBlock(columns, tensors, places);
  for (let index = mark ? files.indexOf(mark.file) : 0; index < files.length && row < last; index++) {
    const file = files[index] as SourceFile;
    const start =
      file === mark?.file ? mark.start : (marks.find((other) => other.file === file)?.start ?? file.sizeBytes);
    // The header tells it how fields are separated.
    const splitter = openCsvSplitter(file.name);
    splitter.push(header, () => {});
    const object = file.open();
    const ready: Uint8Array[][] = [];
    const onRecord = (record: CsvRecord) => {
      if (row >= first && row < last) {
        block.add(file.name, record, row);
        if (block.rows() === BLOCK_ROWS) {
          ready.push(block.end());
          block = openBlock(columns, tensors, places);
        }
      }
      row++;
    };
    try {
      for await (const chunk of object.stream(start, file.sizeBytes)) {
        splitter.push(chunk, onRecord);
        yield* ready.splice(0);
        if (row >= last) break;
      }
    } finally {
      await object.close();
    }
  }
  if (block.rows() > 0) yield block.end();
}

function openBlock(columns: CsvTable['columns'], tensors: SampleTensor[], places: number[]) {
  const numbers = tensors.map(({ dtype }) => openCsvColumn({ floats: dtype === 'float64' }));
  const texts: Uint8Array[][] = tensors.map(() => []);
  let rows = 0;
  return {
    rows: () => rows,
    add(file: string, record: CsvRecord, row: number) {
      for (const [i, tensor] of tensors.entries()) {
        const field = places[i] as number;
        if (tensor.dtype !== 'text') {
          numbers[i]?.add(record, field, row);
          continue;
        }
        const what = `${file}: column ${columns[field]?.name}`;
        texts[i]?.push(paddedText(what, row, Buffer.from(fieldText(record, field))));
      }
      rows++;
    },
    end: (): Uint8Array[] =>
      tensors.map((tensor, i) =>
        Buffer.concat(tensor.dtype === 'text' ? (texts[i] ?? []) : [...(numbers[i]?.blocks() ?? [])]),
      ),
  };
}
