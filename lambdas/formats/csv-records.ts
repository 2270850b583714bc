import { isUtf8 } from 'node:buffer';
import { Failure } from '../failure.ts';
import { DOT, EXACT_DIGITS, MINUS, POWERS, ZERO } from './decimal-value.ts';

/** A longer record is a quote that was never closed. */
const MAX_RECORD_BYTES = 4_000_000;
const QUOTE = 0x22;
const COMMA = 0x2c;
const PLUS = 0x2b;
/** What makes letters small. */
const LOWER_CASE = 0x20;
const LOWER_E = 0x65;
const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = 3;

/**
 * What a field is: text, text in quotes (where one inside is doubled), a plain number, whose value is known, a decimal
 * number of more digits or with a power of ten, whose value is left to decimal-value.ts (not every reader needs it), or
 * nothing.
 */
export const TEXT = 0;
export const QUOTED = 1;
export const WHOLE = 2;
export const DECIMAL = 3;
export const LONG = 4;
export const EMPTY = 5;
/** A whole number with zeros before it: 007. */
export const PADDED = 6;

/** Fields of a file, by number. */
export interface CsvFields {
  bytes: Uint8Array;
  /** Where field i starts and ends, quotes left out: places 2i and 2i + 1. */
  bounds: ArrayLike<number>;
  kinds: ArrayLike<number>;
  /** Of plain numbers. */
  values: ArrayLike<number>;
}

/** One record. */
export interface CsvRecord extends CsvFields {
  /** Where it begins in the file, from 1. */
  line: number;
  /** Its bytes in the file, line break included, end exclusive. */
  start: number;
  end: number;
  fields: number;
  bounds: number[];
  kinds: number[];
  values: number[];
}

/** Splits the bytes of a CSV file as they come. */
export interface CsvSplitter {
  /** Calls back for each record that is complete. The record given is the same each time. */
  push(chunk: Uint8Array, onRecord: (record: CsvRecord) => void): void;
  /** @throws PartitionTruncated where the last line does not end. */
  end(): void;
  /** What stands between fields; known when the first record is. */
  separator(): string;
}

/**
 * Splits a CSV file (RFC 4180) into records of fields; blank lines are left out. They are separated by commas, or, where
 * the header has none, by semicolons or tabs.
 * @param what begins the messages: the file's key.
 * @param known what stands between fields, where the header does not come first.
 * @throws PartitionCorrupt where quotes are wrong, or the text is not UTF-8.
 */
export function openCsvSplitter(what: string, known?: string): CsvSplitter {
  const record: CsvRecord = {
    line: 1,
    start: 0,
    end: 0,
    bytes: new Uint8Array(0),
    fields: 0,
    bounds: [],
    kinds: [],
    values: [],
  };
  let separator = known?.charCodeAt(0);
  /** The first bytes of it are those of a record that is not complete, with which the next chunk goes on. */
  let memory = new Uint8Array();
  let rest = 0;
  /** Where in the file they begin. */
  let offset = 0;

  function afterRest(chunk: Uint8Array): Uint8Array {
    if (rest === 0) return chunk;
    const size = rest + chunk.length;
    if (memory.length < size) {
      const larger = new Uint8Array(size);
      larger.set(memory.subarray(0, rest));
      memory = larger;
    }
    memory.set(chunk, rest);
    return memory.subarray(0, size);
  }

  /** In memory of its own: that of a chunk may be used again for the next one. */
  function keepRest(bytes: Uint8Array): void {
    if (memory.length < bytes.length) memory = new Uint8Array(bytes.length);
    memory.set(bytes);
    rest = bytes.length;
  }

  return {
    push(chunk, onRecord) {
      const bytes = afterRest(chunk);
      record.bytes = bytes;
      const firstLine = record.line;
      let at = 0;
      if (separator === undefined && bytes.includes(LF)) {
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = BYTE_ORDER_MARK;
        separator = separatorOf(bytes.subarray(at));
      }
      let end = scan(record, at, separator);
      for (; end > 0; end = scan(record, at, separator)) {
        record.start = offset + at;
        record.end = offset + end;
        if (record.fields > 0) onRecord(record);
        record.line += 1 + linesInside(record);
        at = end;
      }
      const whole = bytes.subarray(0, at);
      if (!isUtf8(whole)) {
        const why = `line ${firstLine + linesBeforeOther(whole)} is no UTF-8 text`;
        throw new Failure('PartitionCorrupt', `${what}: ${why}; write the file in UTF-8`);
      }
      keepRest(bytes.subarray(at));
      offset += at;
      if (rest > MAX_RECORD_BYTES || end === WRONG_QUOTE) {
        const why = `the quotes in field ${record.fields + 1} of line ${record.line} are wrong`;
        throw new Failure('PartitionCorrupt', `${what}: ${why}: a quote inside is doubled, and each is closed`);
      }
    },
    end() {
      if (rest === 0) return;
      const why =
        'it was cut short, or lacks the line break at its end: write it again, or end it with a line break if it is whole';
      throw new Failure('PartitionTruncated', `${what}: line ${record.line} does not end: ${why}`);
    },
    separator: () => String.fromCharCode(separator ?? COMMA),
  };
}

/** How many lines stand before the first one that is not UTF-8. */
function linesBeforeOther(bytes: Uint8Array): number {
  for (let line = 0, start = 0; ; line++) {
    const end = bytes.indexOf(LF, start) + 1;
    if (end === 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end;
  }
}

/** A comma, or what else stands between the names of the header. */
function separatorOf(bytes: Uint8Array): number {
  const line = new TextDecoder('latin1').decode(bytes.subarray(0, bytes.indexOf(LF)));
  const outside = line.replaceAll(/"[^"]*"/g, '');
  const found = [',', ';', '\t'].find((character) => outside.includes(character)) ?? ',';
  return found.charCodeAt(0);
}

const NOT_YET = -1;
const WRONG_QUOTE = -2;

/**
 * Finds the fields of the record at `start`, and the values of those that are plain numbers: while their bytes are looked
 * through for the separator anyway. Returns the byte behind its line break, NOT_YET or WRONG_QUOTE.
 */
function scan(record: CsvRecord, start: number, separator: number | undefined): number {
  if (separator === undefined) return NOT_YET;
  const { bytes, bounds, kinds } = record;
  const size = bytes.length;
  record.fields = 0;
  for (let at = start; at < size; at++) {
    const field = record.fields;
    let end = at;
    if (bytes[at] === QUOTE) {
      const closed = closingQuote(bytes, at + 1);
      if (closed < 0 || closed + 1 === size) return NOT_YET;
      if (scanNumber(record, at + 1, closed) !== closed || kinds[field] === TEXT) kinds[field] = QUOTED;
      bounds[field * 2] = at + 1;
      bounds[field * 2 + 1] = closed;
      end = closed + 1;
    } else {
      const numberEnd = scanNumber(record, at, size);
      end = numberEnd;
      let code = bytes[end];
      while (end < size && code !== separator && code !== LF) code = bytes[++end];
      if (end === size) return NOT_YET;
      const fieldEnd = code === LF && end > at && bytes[end - 1] === CR ? end - 1 : end;
      if (fieldEnd !== numberEnd) kinds[field] = TEXT;
      else if (fieldEnd === at) kinds[field] = EMPTY;
      bounds[field * 2] = at;
      bounds[field * 2 + 1] = fieldEnd;
    }
    const isBlank = field === 0 && bytes[end] === LF && bounds[0] === bounds[1] && end <= at + 1;
    if (!isBlank) record.fields++;
    if (bytes[end] === CR) {
      if (end + 1 === size) return NOT_YET;
      end++;
    }
    if (bytes[end] === LF) return end + 1;
    if (bytes[end] !== separator) {
      record.fields--;
      return WRONG_QUOTE;
    }
    at = end;
  }
  return NOT_YET;
}

/** Reads the plain number that the next field begins with. Returns where it ends; what is there otherwise is text. */
function scanNumber({ bytes, fields, kinds, values }: CsvRecord, start: number, limit: number): number {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  let at = first;
  let dot = -1;
  let mantissa = 0;
  for (; at < limit; at++) {
    const digit = (bytes[at] as number) ^ ZERO;
    if (digit < 10) mantissa = mantissa * 10 + digit;
    else if (digit === DOT && dot < 0) dot = at;
    else break;
  }
  const digits = at - first - (dot < 0 ? 0 : 1);
  const end = digits < 1 ? at : exponentEnd(bytes, at, limit);
  const isWhole = dot < 0 && end === at;
  if (digits < 1 || (isWhole && digits > EXACT_DIGITS)) kinds[fields] = TEXT;
  else if (end > at || digits > EXACT_DIGITS) kinds[fields] = LONG;
  else {
    kinds[fields] = !isWhole ? DECIMAL : digits > 1 && bytes[first] === ZERO ? PADDED : WHOLE;
    // Both are exact in a double, so that the division gives the nearest one.
    const size = isWhole ? mantissa : mantissa / (POWERS[at - dot - 1] as number);
    values[fields] = isNegative ? -size : size;
  }
  return end;
}

/** Where the power of ten behind a number ends; where it would begin, if there is none. */
function exponentEnd(bytes: Uint8Array, start: number, limit: number): number {
  if (((bytes[start] as number) | LOWER_CASE) !== LOWER_E) return start;
  const sign = bytes[start + 1];
  const first = sign === MINUS || sign === PLUS ? start + 2 : start + 1;
  let at = first;
  while (at < limit && ((bytes[at] as number) ^ ZERO) < 10) at++;
  return at === first ? start : at;
}

/** Why a record does not fit the names in the header, and what to do. */
export function otherLength({ line, fields }: CsvRecord, names: string[]): string {
  const why = `line ${line} has ${fields} fields, the header has ${names.length}`;
  const [first = '', ...others] = names;
  // SDSS and astropy write what a file is above its header.
  if (first.startsWith('#') && others.length === 0)
    return `${why}: ${first.slice(0, 40)}; take the lines above the names of the columns out`;
  return `${why}; write or upload it again`;
}

function closingQuote(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at;
  }
  return -1;
}

/** Only what is quoted can have any. */
function linesInside(record: CsvRecord): number {
  let lines = 0;
  for (let field = 0; field < record.fields; field++) {
    if (record.kinds[field] !== QUOTED) continue;
    for (const byte of fieldBytes(record, field)) if (byte === LF) lines++;
  }
  return lines;
}

/** The bytes of a field, as they stand there. */
export const fieldBytes = ({ bytes, bounds }: CsvFields, field: number): Uint8Array =>
  bytes.subarray(bounds[field * 2], bounds[field * 2 + 1]);

/** The text of a field. */
export function fieldText(fields: CsvFields, field: number): string {
  const text = new TextDecoder().decode(fieldBytes(fields, field));
  return fields.kinds[field] === QUOTED ? text.replaceAll('""', '"') : text;
}
