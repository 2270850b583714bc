import { NUMBER_BYTES, putFloat32, putInt64, putText, putWhole, type TextBuffer } from './decimal-text.ts';
import type { ColumnType, ColumnValues } from './parquet-columns.ts';

/** The header line of a CSV file (RFC 4180, LF line ends). */
export const csvHeader = (names: string[]) => `${names.map(csvText).join(',')}\n`;

/**
 * Makes lines of CSV, as bytes: in text of its own each number would be a string that lives for a moment. Numbers have as
 * many digits as it takes to get them back.
 * @returns a function that gives the first `count` values of the columns as lines, in memory that the next call uses
 *   again.
 */
export function csvWriter(types: ColumnType[]): (columns: ColumnValues[], count: number) => Uint8Array {
  const text: TextBuffer = { bytes: Buffer.allocUnsafe(64 * 1024), end: 0 };
  const reserve = (bytes: number) => {
    if (text.end + bytes <= text.bytes.length) return;
    const longer = Buffer.allocUnsafe(Math.max(text.bytes.length * 2, text.end + bytes));
    text.bytes.copy(longer, 0, 0, text.end);
    text.bytes = longer;
  };
  return (columns, count) => {
    text.end = 0;
    const put = columns.map((values, i) => cellWriter(types[i] as ColumnType, values, text, reserve));
    for (let row = 0; row < count; row++) {
      for (const [i, putCell] of put.entries()) {
        reserve(NUMBER_BYTES + 2);
        if (i > 0) text.bytes[text.end++] = COMMA;
        putCell(row);
      }
      text.bytes[text.end++] = LINE_END;
    }
    return text.bytes.subarray(0, text.end);
  };
}

const COMMA = 44;
const LINE_END = 10;

/** Appends the value of one row; there is room for a number. */
function cellWriter(
  type: ColumnType,
  values: ColumnValues,
  text: TextBuffer,
  reserve: (bytes: number) => void,
): (row: number) => void {
  if (type === 'STRING') return textWriter(values as string[], text, reserve);
  if (type === 'FLOAT') return (row) => putFloat32(text, values[row] as number);
  if (type === 'DOUBLE') return (row) => putText(text, String(values[row]));
  if (type === 'INT32') {
    return (row) => {
      const value = values[row] as number;
      if (value < 0) text.bytes[text.end++] = MINUS;
      putWhole(text, Math.abs(value));
    };
  }
  const { buffer, byteOffset, length } = values as BigInt64Array;
  const halves = new Int32Array(buffer, byteOffset, length * 2);
  return (row) => putInt64(text, halves[2 * row] as number, halves[2 * row + 1] as number, type === 'INT64');
}

const MINUS = 45;

/** Rows of one file follow each other, so the same text is made into bytes once. */
function textWriter(values: string[], text: TextBuffer, reserve: (bytes: number) => void): (row: number) => void {
  let last: string | undefined;
  let bytes = Buffer.alloc(0);
  return (row) => {
    const value = values[row] as string;
    if (value !== last) bytes = Buffer.from(csvText(value));
    last = value;
    reserve(bytes.length + 2);
    text.bytes.set(bytes, text.end);
    text.end += bytes.length;
  };
}

const csvText = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
