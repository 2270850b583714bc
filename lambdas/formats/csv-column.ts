/** A column of a CSV file as it is read: 8 bytes a value, integers as integers as long as all are. */
export interface CsvColumn {
  /** Adds the field that lies at `start` to `end` of the bytes. */
  add(bytes: Uint8Array, start: number, end: number): void;
  /** int64 where every field is an integer, else float64; undefined where a field is no number. */
  readonly dtype: 'int64' | 'float64' | undefined;
  /** The first field that is no number: which one it is, from 0, and its text. */
  readonly notNumber: { row: number; text: string } | undefined;
  blocks(): Generator<Uint8Array>;
  /** Forgets the values, not what it has found out about their type. */
  clear(): void;
}

/** Values are kept in blocks, which begin small and are never copied. */
const FIRST_BLOCK = 16;
const LAST_BLOCK = 8_192;

const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** What pandas, numpy, R and SQL write for no value. An empty field is none as well. */
const missing = /^(|nan|na|n\/a|null|none)$/i;
const infinite = /^([+-]?)inf(inity)?$/i;
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
const INT64_MAX = 2n ** 63n - 1n;

/** @param floats whether it is known to be a column of floats, some of which may look like integers. */
export function openCsvColumn(floats = false): CsvColumn {
  let blocks: (Float64Array | BigInt64Array)[] = [];
  let filled = 0;
  let rows = 0;
  let isInteger = !floats;
  let isBig = false;
  let isEmpty = true;
  let notNumber: { row: number; text: string } | undefined;

  function push(value: number | bigint): void {
    let block = blocks.at(-1);
    if (!block || filled === block.length) {
      const size = Math.min(LAST_BLOCK, block ? block.length * 2 : FIRST_BLOCK);
      block = isBig ? new BigInt64Array(size) : new Float64Array(size);
      blocks.push(block);
      filled = 0;
    }
    block[filled++] = isBig ? BigInt(value) : Number(value);
    rows++;
  }

  function refuse(text: string): void {
    notNumber = { row: rows, text };
    blocks = [];
  }

  function toFloats(): void {
    isInteger = false;
    if (isBig) blocks = blocks.map((block) => Float64Array.from(block as BigInt64Array, Number));
    isBig = false;
  }

  function addText(text: string): void {
    const sign = infinite.exec(text)?.[1];
    if (missing.test(text) || sign !== undefined) {
      toFloats();
      if (sign !== undefined) isEmpty = false;
      push(sign === undefined ? Number.NaN : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
      return;
    }
    if (!number.test(text)) {
      refuse(text);
      return;
    }
    isEmpty = false;
    if (/[.eE]/.test(text)) toFloats();
    if (!isInteger) {
      push(Number(text));
      return;
    }
    const value = BigInt(text.replace('+', ''));
    if (value > INT64_MAX || value < -INT64_MAX - 1n) {
      refuse(text);
      return;
    }
    if (!isBig) {
      blocks = blocks.map((block) => BigInt64Array.from(block as Float64Array, BigInt));
      isBig = true;
    }
    push(value);
  }

  return {
    add(bytes, start, end) {
      if (notNumber) return;
      let at = start;
      const negative = bytes[at] === 0x2d;
      if (negative) at++;
      let mantissa = 0;
      let digits = 0;
      let decimals = -1;
      for (; at < end; at++) {
        const code = bytes[at] as number;
        if (code >= 48 && code <= 57) {
          mantissa = mantissa * 10 + (code - 48);
          digits++;
          if (decimals >= 0) decimals++;
        } else if (code === 0x2e && decimals < 0) decimals = 0;
        else break;
      }
      // Up to 15 digits and powers up to 22 are exact in a double, so that one division gives the nearest one.
      if (at < end || digits === 0 || digits > 15) {
        addText(new TextDecoder().decode(bytes.subarray(start, end)).trim());
        return;
      }
      isEmpty = false;
      if (decimals >= 0 && isInteger) toFloats();
      const value = decimals > 0 ? mantissa / (POWERS[decimals] as number) : mantissa;
      push(negative ? -value : value);
    },
    get dtype() {
      if (notNumber) return undefined;
      return isInteger && !isEmpty ? 'int64' : 'float64';
    },
    get notNumber() {
      return notNumber;
    },
    clear() {
      blocks = blocks.slice(-1);
      filled = 0;
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
