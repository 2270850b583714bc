import { type CsvFields, type CsvRecord, DECIMAL, EMPTY, fieldBytes, LONG, PADDED, WHOLE } from './csv-records.ts';
import { decimalValue } from './decimal-value.ts';
import { exactFloat } from './exact-float.ts';

/** A column of a CSV file as it is read: 8 bytes a value, integers as integers as long as all are. */
export interface CsvColumn {
  /** Adds the value of a field. @param row which one it is, from 0: for `notNumber`. */
  add(fields: CsvFields, field: number, row: number): void;
  /** int64 where every field is an integer, else float64; undefined where a field is no number. */
  readonly dtype: 'int64' | 'float64' | undefined;
  /** The first field that is no number; of a column of integers alone, that is too large for int64. */
  readonly notNumber: CsvPlace | undefined;
  /** The first integer that float64 would change, in a column that is float64 only because values are missing. */
  readonly rounded: CsvPlace | undefined;
  /** Whether some integers are written with zeros or a plus sign before them, which a number does not keep. */
  readonly isPadded: boolean;
  /** The kinds of fields that change nothing any more, a bit each. */
  readonly settled: number;
  blocks(): Generator<Uint8Array>;
}

/** A field that stands for its column. */
export interface CsvPlace {
  row: number;
  text: string;
}

/** Values are kept in blocks, which begin small and are never copied. */
const FIRST_BLOCK = 16;
const LAST_BLOCK = 8_192;

const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** What pandas, numpy, R and SQL write for no value. An empty field is none as well. */
const missing = /^(|nan|na|n\/a|null|none)$/i;
const integer = /^[+-]?\d+$/;
const infinite = /^([+-]?)inf(inity)?$/i;
const INT64_MAX = 2n ** 63n - 1n;

interface ColumnOptions {
  /** Whether it is known to be a column of floats, some of which may look like integers. */
  floats?: boolean;
  /** Whether the values are kept; else it only finds out their type. */
  isKept?: boolean;
}

export function openCsvColumn({ floats = false, isKept = true }: ColumnOptions = {}): CsvColumn {
  let blocks: (Float64Array | BigInt64Array)[] = [];
  let filled = 0;
  let isInteger = !floats;
  /** Whether all that is there is an integer, though something may be missing. */
  let isWhole = !floats;
  let isPadded = false;
  let isBig = false;
  let isEmpty = true;
  let notNumber: CsvPlace | undefined;
  /** The first integer too large for int64: a decimal behind it makes the column float64 all the same. */
  let tooLarge: CsvPlace | undefined;
  let inexact: CsvPlace | undefined;

  function push(value: number | bigint): void {
    if (!isKept) return;
    let block = blocks.at(-1);
    if (!block || filled === block.length) {
      const size = Math.min(LAST_BLOCK, block ? block.length * 2 : FIRST_BLOCK);
      block = isBig ? new BigInt64Array(size) : new Float64Array(size);
      blocks.push(block);
      filled = 0;
    }
    block[filled++] = isBig ? BigInt(value) : Number(value);
  }

  function refuse(text: string, row: number): void {
    notNumber = { row, text };
    blocks = [];
  }

  function toFloats(): void {
    isInteger = false;
    if (isBig) blocks = blocks.map((block) => Float64Array.from(block as BigInt64Array, Number));
    isBig = false;
  }

  function addText(text: string, row: number): void {
    const float = floatOfText(text);
    if (float === undefined) {
      refuse(text, row);
      return;
    }
    const isMissing = missing.test(text);
    if (!isMissing) isEmpty = false;
    if (integer.test(text)) isPadded ||= hasPadding(text);
    else {
      toFloats();
      isWhole &&= isMissing;
    }
    if (!isWhole || isMissing) {
      push(float);
      return;
    }
    const value = BigInt(text.replace('+', ''));
    if (!inexact && exactFloat(value) === undefined) inexact = { row, text };
    if (!isInteger) {
      push(float);
      return;
    }
    if (value > INT64_MAX || value < -INT64_MAX - 1n) {
      tooLarge ??= { row, text };
      return;
    }
    if (!isBig) {
      blocks = blocks.map((block) => BigInt64Array.from(block as Float64Array, BigInt));
      isBig = true;
    }
    push(value);
  }

  const firstNone = () => notNumber ?? (isInteger ? tooLarge : undefined);

  return {
    add(fields, field, row) {
      if (notNumber) return;
      const value = plainValue(fields, field);
      if (value === undefined) {
        addText(trimmedText(fields, field), row);
        return;
      }
      isEmpty = false;
      const kind = fields.kinds[field];
      if (kind === PADDED) isPadded = true;
      else if (kind !== WHOLE) {
        if (isInteger) toFloats();
        isWhole = false;
      }
      push(value);
    },
    get dtype() {
      if (firstNone()) return undefined;
      return isInteger && !isEmpty ? 'int64' : 'float64';
    },
    get notNumber() {
      return firstNone();
    },
    get rounded() {
      return isWhole && !isInteger && !notNumber ? inexact : undefined;
    },
    get isPadded() {
      return isPadded;
    },
    get settled() {
      if (notNumber) return ALL;
      const whole = (1 << WHOLE) | (isPadded ? 1 << PADDED : 0);
      if (isInteger) return isEmpty ? 0 : whole;
      return (isEmpty ? 0 : whole) | (1 << EMPTY) | (isWhole ? 0 : (1 << DECIMAL) | (1 << LONG));
    },
    *blocks() {
      for (const [i, block] of blocks.entries()) {
        const values = i === blocks.length - 1 ? block.subarray(0, filled) : block;
        const stored = isInteger && values instanceof Float64Array ? BigInt64Array.from(values, BigInt) : values;
        yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
      }
    },
  };
}

/** The types of all columns of a file. */
export interface CsvTypes {
  /** @param row which one it is, from 0. */
  add(record: CsvRecord, row: number): void;
  columns: Omit<CsvColumn, 'add' | 'blocks'>[];
}

/** Finds the types as reading the columns would. Nearly all fields are of the type that is known already: they cost nothing. */
export function openCsvTypes(count: number): CsvTypes {
  const columns = Array.from({ length: count }, () => openCsvColumn({ isKept: false }));
  const settled = new Uint8Array(count);
  return {
    columns,
    add(record, row) {
      const { fields, kinds } = record;
      for (let i = 0; i < fields; i++) {
        if ((settled[i] as number) & (1 << (kinds[i] as number))) continue;
        const column = columns[i] as CsvColumn;
        column.add(record, i, row);
        settled[i] = column.settled;
      }
    },
  };
}

const ALL = 0xff;

/** The value of a field in a column of floats. */
export function floatOf(fields: CsvFields, field: number): number {
  if (fields.kinds[field] === EMPTY) return Number.NaN;
  return plainValue(fields, field) ?? floatOfText(trimmedText(fields, field)) ?? Number.NaN;
}

/** Puts the value of a field in a column of integers to its row. @param words the same memory as `integers`, lower words first. */
export function putInteger(
  { integers, words }: { integers: BigInt64Array; words: Int32Array },
  row: number,
  fields: CsvFields,
  field: number,
): void {
  const kind = fields.kinds[field];
  if (kind === WHOLE || kind === PADDED) {
    // An integer of JavaScript's own would be garbage for each value.
    const value = fields.values[field] as number;
    words[row * 2] = value;
    words[row * 2 + 1] = Math.floor(value / 2 ** 32);
  } else integers[row] = BigInt(trimmedText(fields, field).replace('+', ''));
}

/** Whether a number would not keep all of an integer's text. A regular expression is slow enough to be seen. */
function hasPadding(text: string): boolean {
  const first = text[0] === '-' ? 1 : 0;
  return text[0] === '+' || (text[first] === '0' && text.length > first + 1);
}

/** The value of a number where its bytes tell it; undefined where it takes its text. */
function plainValue({ bytes, bounds, kinds, values }: CsvFields, field: number): number | undefined {
  const kind = kinds[field];
  if (kind === WHOLE || kind === DECIMAL) return values[field];
  if (kind === LONG) return decimalValue(bytes, bounds[field * 2] as number, bounds[field * 2 + 1] as number);
  return kind === PADDED ? values[field] : undefined;
}

/** NaN for no value; undefined where it is no number. */
function floatOfText(text: string): number | undefined {
  if (missing.test(text)) return Number.NaN;
  const sign = infinite.exec(text)?.[1];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return number.test(text) ? Number(text) : undefined;
}

const decoder = new TextDecoder();
const trimmedText = (fields: CsvFields, field: number) => decoder.decode(fieldBytes(fields, field)).trim();
