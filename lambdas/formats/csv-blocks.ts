import type { ObjectSource } from '../s3/object-source.ts';
import { floatOf, putInteger } from './csv-column.ts';
import { type CsvRecord, fieldText, openCsvSplitter } from './csv-records.ts';
import { openSharedBlocks } from './shared-blocks.ts';
import { paddedText } from './text-rows.ts';

/** A block is as many rows as begin in so many bytes. */
const BLOCK_BYTES = 128 * 1024;
/** Integers and floats. */
const NUMBER_BYTES = 8;
const LF = 0x0a;
/** Each reader is given what it wants of a whole block: none of them is further ahead than that. */
const KEPT_BLOCKS = 2;

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

type NumberType = 'int64' | 'float64';

/** Rows in memory, and the values of the columns that were wanted when they came. */
interface Rows {
  bytes: Uint8Array;
  /** By the number of the column. */
  columns: Map<number, Uint8Array>;
}

/** @param separator between fields. */
export function openCsvBlocks(object: ObjectSource, marks: Marks, separator: string): CsvBlocks {
  const { key } = object;
  const { starts, rows, end } = marks;
  /** The columns of numbers that are being read: a block is gone through once for all of them. */
  const wanted = new Map<number, NumberType>();
  const eachRecord = (bytes: Uint8Array, onRecord: (record: CsvRecord) => void) =>
    openCsvSplitter(key, separator).push(bytes, onRecord);

  const blocks = openSharedBlocks<Rows>(object, key, {
    range: (index) => ({ start: starts[index] as number, end: starts[index + 1] ?? end }),
    kept: KEPT_BLOCKS,
    end,
    make: (bytes, _start, unused) => ({ bytes, columns: readNumbers(bytes, wanted, unused?.columns) }),
  });

  return {
    async *numbers(index, dtype) {
      wanted.set(index, dtype);
      let memory = new Uint8Array();
      try {
        for (const block of starts.keys()) {
          yield await blocks.use(block, ({ bytes, columns }) => {
            // It is not there where the block came before it was wanted.
            const values =
              columns.get(index) ?? (readNumbers(bytes, new Map([[index, dtype]])).get(index) as Uint8Array);
            if (memory.length < values.length) memory = new Uint8Array(values.length);
            memory.set(values);
            return memory.subarray(0, values.length);
          });
        }
      } finally {
        wanted.delete(index);
      }
    },
    async *texts(index, what) {
      for (const [block, firstRow] of rows.entries()) {
        yield await blocks.use(block, ({ bytes }) => {
          const texts: Uint8Array[] = [];
          eachRecord(bytes, (record) => {
            texts.push(paddedText(what, firstRow + texts.length, Buffer.from(fieldText(record, index))));
          });
          return Buffer.concat(texts);
        });
      }
    },
  };

  /** @param unused of another block: memory that is used again. */
  function readNumbers(bytes: Uint8Array, types: Map<number, NumberType>, unused?: Rows['columns']): Rows['columns'] {
    const most = countLines(bytes);
    const columns = [...types].map(([index, dtype]) => ({
      index,
      dtype,
      ...numbersIn(unused?.get(index)?.buffer, most),
    }));
    let row = 0;
    eachRecord(bytes, (record) => {
      for (const { index, dtype, floats, whole } of columns) {
        if (dtype === 'int64') putInteger(whole, row, record, index);
        else floats[row] = floatOf(record, index);
      }
      row++;
    });
    return new Map(columns.map(({ index, floats }) => [index, new Uint8Array(floats.buffer, 0, row * NUMBER_BYTES)]));
  }
}

/** @param memory is used, if it is large enough. */
function numbersIn(memory: ArrayBufferLike | undefined, count: number) {
  const bytes = count * NUMBER_BYTES;
  const buffer = memory && memory.byteLength >= bytes ? memory : new ArrayBuffer(bytes);
  const whole = { integers: new BigInt64Array(buffer), words: new Int32Array(buffer) };
  return { floats: new Float64Array(buffer), whole };
}

/** So many rows are in it, or fewer. */
function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}
