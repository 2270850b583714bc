import type { ObjectSource } from '../s3/object-source.ts';
import { openCsvColumn } from './csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter } from './csv-records.ts';
import { openSharedBlocks } from './shared-blocks.ts';
import { paddedText } from './text-rows.ts';

/** A block is as many rows as begin in so many bytes. */
const BLOCK_BYTES = 256 * 1024;
/** A record has three numbers for each field. */
const BOUNDS = 3;

/** The columns of a CSV file that is read a second time: when its rows are counted and its types are known. */
export interface CsvBlocks {
  numbers(column: number, dtype: 'int64' | 'float64'): AsyncGenerator<Uint8Array>;
  /** @param what begins the messages: `datasets/x/3.csv: tensor name`. */
  texts(column: number, what: string): AsyncGenerator<Uint8Array>;
}

/** Where the blocks of a file begin. */
export interface Marks {
  starts: number[];
  /** The number of the first row of each. */
  rows: number[];
  end: number;
  /** Called for each row, in order. @param start where it begins in the file. */
  pass(row: number, start: number): void;
}

/** @param end of the file. */
export function openMarks(end: number): Marks {
  const starts: number[] = [];
  const rows: number[] = [];
  const pass = (row: number, start: number) => {
    const last = starts.at(-1);
    if (last !== undefined && start - last < BLOCK_BYTES) return;
    starts.push(start);
    rows.push(row);
  };
  return { starts, rows, end, pass };
}

/** Rows in memory: where each field of them lies. */
interface Rows {
  bytes: Uint8Array;
  /** Those of the records, one after another, in the first `filled` places. */
  bounds: Int32Array<ArrayBuffer>;
  filled: number;
  fields: number;
}

const FIRST_BOUNDS = 16_384;

/** @param separator between fields. */
export function openCsvBlocks(object: ObjectSource, { starts, rows, end }: Marks, separator: string): CsvBlocks {
  const { key } = object;
  const blocks = openSharedBlocks<Rows>(object, key, {
    range: (index) => ({ start: starts[index] as number, end: starts[index + 1] ?? end }),
    usualBytes: BLOCK_BYTES * BOUNDS,
    end,
    make: (bytes, _start, unused) => splitRows(key, bytes, separator, unused?.bounds),
  });
  return {
    async *numbers(index, dtype) {
      const column = openCsvColumn(dtype === 'float64');
      for (const block of starts.keys()) {
        column.clear();
        await blocks.use(block, ({ bytes, bounds, filled, fields }) => {
          for (let at = index * BOUNDS; at < filled; at += fields * BOUNDS)
            column.add(bytes, bounds[at] as number, bounds[at + 1] as number);
        });
        yield* column.blocks();
      }
    },
    async *texts(index, what) {
      for (const [block, firstRow] of rows.entries()) {
        yield await blocks.use(block, ({ bytes, bounds, filled, fields }) => {
          const texts: Uint8Array[] = [];
          for (let at = 0; at < filled; at += fields * BOUNDS) {
            const record = { bytes, bounds: bounds.subarray(at, at + fields * BOUNDS) };
            texts.push(paddedText(what, firstRow + texts.length, Buffer.from(fieldText(record, index))));
          }
          return Buffer.concat(texts);
        });
      }
    },
  };
}

function splitRows(key: string, bytes: Uint8Array, separator: string, into = new Int32Array(FIRST_BOUNDS)): Rows {
  let bounds = into;
  let filled = 0;
  let fields = 1;
  openCsvSplitter(key, separator).push(bytes, (record: CsvRecord) => {
    fields = record.fields;
    const count = fields * BOUNDS;
    if (filled + count > bounds.length) {
      const longer = new Int32Array(2 * (filled + count));
      longer.set(bounds.subarray(0, filled));
      bounds = longer;
    }
    for (let i = 0; i < count; i++) bounds[filled + i] = record.bounds[i] as number;
    filled += count;
  });
  return { bytes, bounds, filled, fields };
}
