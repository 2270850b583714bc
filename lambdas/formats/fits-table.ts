import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { countOf, type Hdu, integerOf, realOf, textOf } from './fits-header.ts';
import { type Field, fieldPieces, openTableRows, PIECE_BYTES, type TableRows } from './fits-rows.ts';
import { describeValues, type StoredType } from './fits-values.ts';
import { type PartitionTensor, TEXT_BYTES } from './partition.ts';
import { paddedText, tooLong } from './text-rows.ts';

const MAX_COLUMNS = 999;
/** Bytes of a value of each type. https://fits.gsfc.nasa.gov/fits_standard.html, table 18 */
const valueBytes: Record<string, number> = { L: 1, B: 1, A: 1, I: 2, J: 4, E: 4, K: 8, D: 8, C: 8, P: 8, M: 16, Q: 16 };
const numberTypes: Record<string, StoredType> = {
  B: 'uint8',
  I: 'int16',
  J: 'int32',
  K: 'int64',
  E: 'float32',
  D: 'float64',
};
const refusals: Record<string, string> = {
  X: 'of bits; write them as bytes or logicals',
  C: 'of complex numbers; write the real and the imaginary part as columns',
  M: 'of complex numbers; write the real and the imaginary part as columns',
  P: 'of rows of different lengths; write it with as many values in each row',
  Q: 'of rows of different lengths; write it with as many values in each row',
};
const TRUE = 'T'.charCodeAt(0);
const SPACE = 0x20;

/** A column of a binary table as its header describes it. */
export interface TableColumn {
  /** Counts from 1, as the keywords do. */
  number: number;
  /** Undefined where it has none. */
  name: string | undefined;
  type: string;
  /** Values in each row. */
  repeat: number;
  /** Where it lies in a row. */
  offset: number;
  width: number;
}

/** The names of the columns of any table, or of a compressed one. */
export function columnNames(hdu: Hdu): (string | undefined)[] {
  const count = countOf(hdu, 'TFIELDS');
  if (count > MAX_COLUMNS) {
    const why = `TFIELDS is ${count}, more than ${MAX_COLUMNS}; write or upload the file again`;
    throw new Failure('PartitionCorrupt', `${hdu.what}: ${why}`);
  }
  return Array.from({ length: count }, (_, i) => textOf(hdu, `TTYPE${i + 1}`)?.trim() || undefined);
}

/** The columns of a binary table. @throws where they are not what its rows are long. */
export function readTableColumns(hdu: Hdu): TableColumn[] {
  let offset = 0;
  const columns = columnNames(hdu).map((name, i) => {
    const { type, repeat } = readForm(hdu, i + 1);
    const width = type === 'X' ? Math.ceil(repeat / 8) : repeat * (valueBytes[type] as number);
    const column = { number: i + 1, name, type, repeat, offset, width };
    offset += width;
    return column;
  });
  const [rowBytes] = hdu.axes;
  if (hdu.axes.length === 2 && hdu.bitsPerValue === 8 && rowBytes === offset) return columns;
  const why = `rows of ${rowBytes} bytes (NAXIS1), but columns of ${offset} bytes; write or upload the file again`;
  throw new Failure('PartitionCorrupt', `${hdu.what}: ${why}`);
}

function readForm(hdu: Hdu, number: number): { type: string; repeat: number } {
  const form = textOf(hdu, `TFORM${number}`);
  const [, digits = '', type = '', rest = ''] = /^\s*(\d*)([LXBIJKAEDCMPQ])(.*)$/.exec(form ?? '') ?? [];
  // Some writers put the length of a text behind the A, as in an ASCII table.
  const length = digits === '' && type === 'A' ? (/^\d+/.exec(rest)?.[0] ?? '') : digits;
  const repeat = length === '' ? 1 : Number(length);
  if (type !== '' && Number.isSafeInteger(repeat)) return { type, repeat };
  const why = `TFORM${number} is ${JSON.stringify(form)}, which is no type; write or upload the file again`;
  throw new Failure('PartitionCorrupt', `${hdu.what}: ${why}`);
}

export const openHduRows = (object: ObjectSource, { what, axes, dataStart }: Hdu): TableRows =>
  openTableRows(object, what, dataStart, { rowBytes: axes[0] ?? 0, rows: axes[1] ?? 0 });

/**
 * A column as a tensor.
 * @param what begins the messages: `datasets/x/3.fits: tensor flux`.
 * @throws UnsupportedFormat where this system has no such type.
 */
export function columnTensor(
  hdu: Hdu,
  table: TableRows,
  column: TableColumn,
  name: string,
  what: string,
): PartitionTensor {
  const { type, repeat } = column;
  const refuse = (why: string) => new Failure('UnsupportedFormat', `${what}: a column ${why}`);
  const refusal = refusals[type];
  if (refusal !== undefined) throw refuse(refusal);
  if (repeat === 0) throw refuse('without values; leave it out');
  if (type === 'A') return textTensor(hdu, table, column, name, what, refuse);
  const dims = readDims(hdu, column.number);
  const isShaped = dims && dims.reduce((product, n) => product * n, 1) === repeat;
  const shape = [table.rows, ...(isShaped ? dims : repeat === 1 ? [] : [repeat])];
  const { dtype, bigEndian, convert } = columnValues(hdu, column, what);
  const size = valueBytes[type] as number;
  const field = { ...column, valueBytes: size, givenBytes: 8 };
  const bytesFrom = (row: number) => converted(table, field, row, convert);
  const bytes = (place?: Place) => (convert ? bytesFrom(0) : fieldPieces(table, field, 0, place));
  return { name, dtype, shape, bigEndian, range: undefined, bytes, bytesFrom };
}

function columnValues(hdu: Hdu, { number, type, repeat }: TableColumn, what: string) {
  if (type === 'L') return { dtype: 'bool' as const, bigEndian: false, convert: toBooleans };
  const stored = numberTypes[type] as StoredType;
  const scaling = {
    scale: realOf(hdu, `TSCAL${number}`, 1),
    zero: realOf(hdu, `TZERO${number}`, 0),
    missing: stored.startsWith('float') ? undefined : integerOf(hdu, `TNULL${number}`),
  };
  const isScaled = scaling.scale !== 1 || scaling.zero !== 0;
  const isShort = stored === 'uint8' || stored === 'int16';
  const refuseMissing = (value: number) => {
    const why = `row ${Math.floor(value / repeat)} has no value (TNULL${number} is ${scaling.missing})`;
    return new Failure('UnsupportedFormat', `${what}: ${why}; fill it or write the column as floats`);
  };
  return describeValues(stored, scaling, isShort && !isScaled ? 'float32' : 'float64', true, refuseMissing);
}

/** TDIM lists the fastest dimension first. */
function readDims(hdu: Hdu, number: number): number[] | undefined {
  const list = /^\s*\(([\d\s,]+)\)\s*$/.exec(textOf(hdu, `TDIM${number}`) ?? '')?.[1];
  return list?.split(',').map(Number).reverse();
}

type Convert = ((piece: Uint8Array, first: number) => Uint8Array) | undefined;

async function* converted(table: TableRows, field: Field, firstRow: number, convert: Convert) {
  let value = firstRow * (field.width / field.valueBytes);
  for await (const piece of fieldPieces(table, field, firstRow)) {
    const first = value;
    value += piece.length / field.valueBytes;
    yield convert ? convert(piece, first) : piece;
  }
}

function toBooleans(piece: Uint8Array): Uint8Array {
  for (let i = 0; i < piece.length; i++) piece[i] = piece[i] === TRUE ? 1 : 0;
  return piece;
}

function textTensor(
  hdu: Hdu,
  table: TableRows,
  column: TableColumn,
  name: string,
  what: string,
  refuse: (why: string) => Failure,
): PartitionTensor {
  const { width } = column;
  const texts = (readDims(hdu, column.number) ?? []).slice(0, -1).reduce((product, n) => product * n, 1);
  if (texts !== 1) throw refuse(`of ${texts} texts a row; a text serves as id, one for each row`);
  if (width > PIECE_BYTES) throw refuse(`of texts: ${tooLong(width)}`);
  const field = { ...column, valueBytes: width, givenBytes: TEXT_BYTES };
  const convert = (piece: Uint8Array, row: number) => textRows(what, piece, width, row);
  const bytesFrom = (row: number) => converted(table, field, row, convert);
  const shape = [table.rows, TEXT_BYTES];
  return { name, dtype: 'text', shape, bigEndian: false, range: undefined, bytes: () => bytesFrom(0), bytesFrom };
}

/** A text ends at the first NUL; the spaces at its end fill up its column. */
function textRows(what: string, piece: Uint8Array, width: number, firstRow: number): Uint8Array {
  const count = piece.length / width;
  const rows = new Uint8Array(count * TEXT_BYTES);
  for (let i = 0; i < count; i++) {
    const stored = piece.subarray(i * width, (i + 1) * width);
    const nul = stored.indexOf(0);
    let end = nul < 0 ? width : nul;
    while (end > 0 && stored[end - 1] === SPACE) end--;
    rows.set(paddedText(what, firstRow + i, stored.subarray(0, end)), i * TEXT_BYTES);
  }
  return rows;
}
