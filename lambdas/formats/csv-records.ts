import { Failure } from '../failure.ts';

/** A longer record is a quote that was never closed. */
const MAX_RECORD_BYTES = 4_000_000;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = 3;

/** One record: three numbers per field: where it starts and ends (quotes left out) and whether it has doubled quotes. */
export interface CsvRecord {
  /** Where it begins in the file, from 1. */
  line: number;
  /** Its bytes in the file, line break included, end exclusive. */
  start: number;
  end: number;
  bytes: Uint8Array;
  fields: number;
  bounds: number[];
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
 * @throws PartitionCorrupt where quotes are wrong.
 */
export function openCsvSplitter(what: string, known?: string): CsvSplitter {
  const record: CsvRecord = { line: 1, start: 0, end: 0, bytes: new Uint8Array(0), fields: 0, bounds: [] };
  let separator = known?.charCodeAt(0);
  /** Where in the file `record.bytes` begins. */
  let offset = 0;
  return {
    push(chunk, onRecord) {
      const bytes = record.bytes.length === 0 ? chunk : Buffer.concat([record.bytes, chunk]);
      record.bytes = bytes;
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
      // A copy: the memory of a chunk may be used again for the next one.
      record.bytes = new Uint8Array(bytes.subarray(at));
      offset += at;
      if (record.bytes.length > MAX_RECORD_BYTES || end === WRONG_QUOTE) {
        const why = `the quotes in field ${record.fields + 1} of line ${record.line} are wrong`;
        throw new Failure('PartitionCorrupt', `${what}: ${why}: a quote inside is doubled, and each is closed`);
      }
    },
    end() {
      if (record.bytes.length === 0) return;
      const why = 'it was cut short, or lacks the line break at its end';
      throw new Failure('PartitionTruncated', `${what}: line ${record.line} does not end: ${why}`);
    },
    separator: () => String.fromCharCode(separator ?? COMMA),
  };
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

/** Finds the fields of the record at `at`. Returns the byte behind its line break, NOT_YET or WRONG_QUOTE. */
function scan(record: CsvRecord, start: number, separator: number | undefined): number {
  if (separator === undefined) return NOT_YET;
  const { bytes, bounds } = record;
  const size = bytes.length;
  record.fields = 0;
  for (let at = start; at < size; at++) {
    const place = record.fields * 3;
    let end = at;
    if (bytes[at] === QUOTE) {
      const closed = closingQuote(bytes, at + 1);
      if (closed < 0 || closed + 1 === size) return NOT_YET;
      bounds[place] = at + 1;
      bounds[place + 1] = closed;
      bounds[place + 2] = 1;
      end = closed + 1;
    } else {
      let code = bytes[end];
      while (end < size && code !== separator && code !== LF) code = bytes[++end];
      if (end === size) return NOT_YET;
      bounds[place] = at;
      bounds[place + 1] = code === LF && end > at && bytes[end - 1] === CR ? end - 1 : end;
      bounds[place + 2] = 0;
    }
    const isBlank = record.fields === 0 && bytes[end] === LF && bounds[place] === bounds[place + 1] && end <= at + 1;
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

function closingQuote(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at;
  }
  return -1;
}

function linesInside({ bytes, fields, bounds }: CsvRecord): number {
  let lines = 0;
  for (let place = 0; place < fields * 3; place += 3) {
    if (!bounds[place + 2]) continue;
    for (const byte of bytes.subarray(bounds[place], bounds[place + 1])) if (byte === LF) lines++;
  }
  return lines;
}

/** What the text of a field is made of. */
interface Fields {
  bytes: Uint8Array;
  bounds: ArrayLike<number>;
}

/** The text of a field. */
export function fieldText({ bytes, bounds }: Fields, field: number): string {
  const text = new TextDecoder().decode(bytes.subarray(bounds[field * 3], bounds[field * 3 + 1]));
  return bounds[field * 3 + 2] ? text.replaceAll('""', '"') : text;
}
