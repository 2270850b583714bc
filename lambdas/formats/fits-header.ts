import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';

/** Headers and data fill blocks of this size. */
const BLOCK_BYTES = 2_880;
const CARD_BYTES = 80;
/** More than any real header; a longer one has lost its END. */
const MAX_HEADER_BYTES = 100_000_000;
/** Each takes some memory, and a read of its header. */
const MAX_HDUS = 16_384;
const MAX_AXES = 999;
/** A longer one is no name. */
const MAX_TEXT_CHARACTERS = 10_000;
const BITS_PER_VALUE = [8, 16, 32, 64, -32, -64];
/** The keywords that say where data lies and what it is; a header may have any number of others. */
const KEPT =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d{0,3}|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|BLANK|EXTNAME|ZIMAGE|ZTABLE|TFIELDS|T(TYPE|FORM|DIM|SCAL|ZERO|NULL)\d{1,3})$/;
const COUNT = /^\+?\d+$/;
const INTEGER = /^[+-]?\d+$/;
const REAL = /^[+-]?(\d+\.?\d*|\.\d+)([ED][+-]?\d+)?$/i;

/** The value of a keyword: text in quotes without them, anything else as it is written. */
interface CardValue {
  text: string;
  isQuoted: boolean;
}

/** Header and data unit: a header, and where the data that it describes lies. */
export interface Hdu {
  /** 0 is the primary one. */
  index: number;
  /** Begins the messages about it: `datasets/x/3.fits: HDU 2 (SKY)`. */
  what: string;
  /** `IMAGE` for the primary one too. */
  kind: string;
  extensionName: string | undefined;
  keywords: ReadonlyMap<string, CardValue>;
  bitsPerValue: number;
  /** NAXIS1, NAXIS2, …: the first one varies fastest. */
  axes: number[];
  dataStart: number;
  /** Without what fills up the last block. */
  dataEnd: number;
}

/**
 * The headers of a file from first to last. Data is passed over without being read.
 * https://fits.gsfc.nasa.gov/fits_standard.html, sections 3 and 4
 */
export async function* readHdus(object: ObjectSource): AsyncGenerator<Hdu> {
  const { key, sizeBytes } = object;
  await requireFits(object);
  let start = 0;
  for (let index = 0; start < sizeBytes; index++) {
    if (index > 0 && !(await beginsExtension(object, start))) return;
    if (index === MAX_HDUS)
      throw new Failure('PartitionCorrupt', `${key}: more than ${MAX_HDUS} extensions are not read; split the file`);
    const { keywords, end } = await readHeader(object, index, start);
    const hdu = describeHdu(key, index, keywords, end);
    start = end + Math.ceil((hdu.dataEnd - end) / BLOCK_BYTES) * BLOCK_BYTES;
    if (!(start <= sizeBytes)) {
      const why = `its data with the padding ends at byte ${start}, the file at ${sizeBytes}; write or upload it again`;
      throw new Failure('PartitionTruncated', `${hdu.what}: ${why}`);
    }
    yield hdu;
  }
}

async function requireFits(object: ObjectSource): Promise<void> {
  const { key, sizeBytes } = object;
  const head = await object.read(0, Math.min(CARD_BYTES, sizeBytes));
  if (head[0] === 0x1f && head[1] === 0x8b)
    throw new Failure('UnsupportedFormat', `${key}: compressed as a whole with gzip; gunzip it`);
  const text = latin1(head);
  if (text.startsWith('SIMPLE  =')) return;
  if (text.length < 9 && 'SIMPLE  ='.startsWith(text)) {
    throw new Failure('PartitionTruncated', `${key}: ${sizeBytes} bytes are no FITS file; write or upload it again`);
  }
  throw new Failure('PartitionCorrupt', `${key}: not a FITS file (it does not begin with "SIMPLE  =")`);
}

/** Some writers fill a file up with zeros or spaces: nothing is lost with them. */
async function beginsExtension(object: ObjectSource, start: number): Promise<boolean> {
  const { key, sizeBytes } = object;
  const block = await object.read(start, Math.min(start + BLOCK_BYTES, sizeBytes));
  if ('XTENSION'.startsWith(latin1(block.subarray(0, 8)))) return true;
  if (block.every((byte) => byte === 0 || byte === 0x20)) return false;
  const why = `an extension should begin at byte ${start}, but XTENSION is not there; write or upload it again`;
  throw new Failure('PartitionCorrupt', `${key}: ${why}`);
}

async function readHeader(object: ObjectSource, index: number, start: number) {
  const { key, sizeBytes } = object;
  const keywords = new Map<string, CardValue>();
  /** Of a text that may go on in the next card. */
  let open: CardValue | undefined;
  for (let at = start; at - start < MAX_HEADER_BYTES; at += BLOCK_BYTES) {
    if (at + BLOCK_BYTES > sizeBytes) {
      const why = `its header from byte ${start} has no END before the end of the file at byte ${sizeBytes}`;
      throw new Failure('PartitionTruncated', `${key}: HDU ${index}: ${why}; write or upload it again`);
    }
    const block = latin1(await object.read(at, at + BLOCK_BYTES));
    for (let place = 0; place < BLOCK_BYTES; place += CARD_BYTES) {
      const card = block.slice(place, place + CARD_BYTES);
      const keyword = card.slice(0, 8).trimEnd();
      if (keyword === 'END') return { keywords, end: at + BLOCK_BYTES };
      if (!/^[ -~]*$/.test(keyword)) {
        const why = `what stands at byte ${at + place} is no line of a header; write or upload the file again`;
        throw new Failure('PartitionCorrupt', `${key}: HDU ${index}: ${why}`);
      }
      if (keyword === 'CONTINUE' && open) {
        const more = readValue(card.slice(8));
        open.text = open.text.slice(0, -1) + (more?.text ?? '');
        if (!open.text.endsWith('&') || open.text.length > MAX_TEXT_CHARACTERS) open = undefined;
        continue;
      }
      open = undefined;
      if (!KEPT.test(keyword) || card.slice(8, 10) !== '= ' || keywords.has(keyword)) continue;
      const value = readValue(card.slice(10));
      if (!value) continue;
      keywords.set(keyword, value);
      if (value.isQuoted && value.text.endsWith('&')) open = value;
    }
  }
  const why = `its header from byte ${start} has no END within ${MAX_HEADER_BYTES} bytes`;
  throw new Failure('PartitionCorrupt', `${key}: HDU ${index}: ${why}; write or upload it again`);
}

/** Undefined where a keyword stands without a value. */
function readValue(field: string): CardValue | undefined {
  const quoted = /^ *'((?:[^']|'')*)/.exec(field)?.[1];
  if (quoted !== undefined) return { text: quoted.replaceAll("''", "'").trimEnd(), isQuoted: true };
  const text = (field.split('/', 1)[0] as string).trim();
  return text === '' ? undefined : { text, isQuoted: false };
}

function describeHdu(key: string, index: number, keywords: Map<string, CardValue>, dataStart: number): Hdu {
  const name = keywords.get('EXTNAME');
  const extensionName = (name?.isQuoted && name.text.trim()) || undefined;
  const what = `${key}: HDU ${index}${extensionName === undefined ? '' : ` (${extensionName})`}`;
  const keyed = { what, keywords };
  const kind = index === 0 ? 'IMAGE' : (textOf(keyed, 'XTENSION') ?? '').trim();
  const bitsPerValue = Number(keywords.get('BITPIX')?.text);
  if (!BITS_PER_VALUE.includes(bitsPerValue)) {
    const why = `BITPIX is ${keywords.get('BITPIX')?.text}, which is none of ${BITS_PER_VALUE.join(', ')}`;
    throw new Failure('PartitionCorrupt', `${what}: ${why}; write or upload the file again`);
  }
  const axisCount = countOf(keyed, 'NAXIS');
  if (axisCount > MAX_AXES)
    throw new Failure('PartitionCorrupt', `${what}: NAXIS is ${axisCount}, more than ${MAX_AXES}`);
  const axes = Array.from({ length: axisCount }, (_, i) => countOf(keyed, `NAXIS${i + 1}`));
  // Random groups are known by a first axis of 0, which does not count.
  const counted = isGrouped(keywords) && axes[0] === 0 ? axes.slice(1) : axes;
  const values = axisCount === 0 ? 0 : productOf(counted);
  const groups = countOf(keyed, 'GCOUNT', 1);
  const bytes = (Math.abs(bitsPerValue) / 8) * groups * (countOf(keyed, 'PCOUNT', 0) + values);
  return { ...keyed, index, kind, extensionName, bitsPerValue, axes, dataStart, dataEnd: dataStart + bytes };
}

const isGrouped = (keywords: ReadonlyMap<string, CardValue>) => keywords.get('GROUPS')?.text === 'T';

/** Not NaN where one is 0 and the others are beyond all numbers. */
const productOf = (counts: number[]) => (counts.includes(0) ? 0 : counts.reduce((product, n) => product * n, 1));

type Keyed = Pick<Hdu, 'what' | 'keywords'>;

const wrongValue = ({ what, keywords }: Keyed, keyword: string, wanted: string) => {
  const value = keywords.get(keyword)?.text;
  const why = value === undefined ? `${keyword} is missing` : `${keyword} is ${JSON.stringify(value)}, not ${wanted}`;
  return new Failure('PartitionCorrupt', `${what}: ${why}; write or upload the file again`);
};

/** A count that may be used as one. */
export function countOf(hdu: Keyed, keyword: string, missing?: number): number {
  const value = hdu.keywords.get(keyword);
  if (!value && missing !== undefined) return missing;
  const count = value && !value.isQuoted && COUNT.test(value.text) ? Number(value.text) : undefined;
  if (count === undefined || !Number.isSafeInteger(count)) throw wrongValue(hdu, keyword, 'a count');
  return count;
}

/** With every digit: it may be one of 64 bits. */
export function integerOf(hdu: Keyed, keyword: string): bigint | undefined {
  const value = hdu.keywords.get(keyword);
  if (!value) return undefined;
  if (value.isQuoted || !INTEGER.test(value.text)) throw wrongValue(hdu, keyword, 'an integer');
  return BigInt(value.text.replace('+', ''));
}

/** Fortran's D is an exponent too. */
export function realOf(hdu: Keyed, keyword: string, missing: number): number {
  const value = hdu.keywords.get(keyword);
  if (!value) return missing;
  if (value.isQuoted || !REAL.test(value.text)) throw wrongValue(hdu, keyword, 'a number');
  return Number(value.text.replace(/d/i, 'e'));
}

export function textOf(hdu: Keyed, keyword: string): string | undefined {
  const value = hdu.keywords.get(keyword);
  if (value && !value.isQuoted) throw wrongValue(hdu, keyword, 'text in quotes');
  return value?.text;
}

export const isTrue = ({ keywords }: Keyed, keyword: string) => keywords.get(keyword)?.text === 'T';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
