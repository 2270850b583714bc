/** Where text is put together, byte by byte. */
export interface TextBuffer {
  bytes: Buffer;
  /** Bytes that are filled. */
  end: number;
}

/** Room for any number that is written here. */
export const NUMBER_BYTES = 32;

const ZERO = 48;
const DOT = 46;
const MINUS = 45;

/** Appends a whole number from 0 to 2^53. */
export function putWhole(text: TextBuffer, value: number): void {
  if (value < 1e9) {
    putDigits(text, value, digitsOf(value));
    return;
  }
  const high = Math.floor(value / 1e9);
  putWhole(text, high);
  putDigits(text, value - high * 1e9, 9);
}

/** Appends a 64-bit integer given as its two halves of 32 bits. It is the digits of a BigInt without making one. */
export function putInt64(text: TextBuffer, low: number, high: number, signed: boolean): void {
  let upper = high >>> 0;
  let lower = low >>> 0;
  if (signed && high >> 31 !== 0) {
    text.bytes[text.end++] = MINUS;
    lower = (~lower + 1) >>> 0;
    upper = (~upper + (lower === 0 ? 1 : 0)) >>> 0;
  }
  if (upper < 2 ** 21) {
    putWhole(text, upper * 2 ** 32 + lower);
    return;
  }
  // Division by 10^9 in digits of 2^16; remainder and digit together stay below 2^46.
  let quotient = 0;
  let rest = 0;
  for (const digit of [upper >>> 16, upper & 0xffff, lower >>> 16, lower & 0xffff]) {
    const value = rest * 65_536 + digit;
    const whole = Math.floor(value / 1e9);
    quotient = quotient * 65_536 + whole;
    rest = value - whole * 1e9;
  }
  putWhole(text, quotient);
  putDigits(text, rest, 9);
}

/**
 * Appends the shortest decimal that gives the same 32-bit float. A decimal of up to 9 digits k × 10^-m, with k and 10^m
 * exact in a double, is the double nearest to it after one division, so a look at that double tells whether k is enough.
 */
export function putFloat32(text: TextBuffer, value: number): void {
  const size = Math.abs(value);
  // Beyond, JavaScript writes exponents or 10^m is not exact; 0, NaN and infinities end here too.
  if (!(size >= 1e-6 && size < 1e6)) {
    putText(text, wideFloat32Text(value));
    return;
  }
  let decimals = 7 - Math.floor(Math.log10(size));
  let whole = Math.round(size * (POWERS[decimals] as number));
  if (Math.fround(whole / (POWERS[decimals] as number)) !== size) {
    decimals += 1;
    whole = Math.round(size * (POWERS[decimals] as number));
  } else {
    for (; decimals > 0; decimals--) {
      const fewer = Math.round(size * (POWERS[decimals - 1] as number));
      if (Math.fround(fewer / (POWERS[decimals - 1] as number)) !== size) break;
      whole = fewer;
    }
  }
  if (value < 0) text.bytes[text.end++] = MINUS;
  putDecimal(text, whole, decimals);
}

/** Appends a text of plain ASCII. */
export function putText(text: TextBuffer, ascii: string): void {
  text.end += text.bytes.write(ascii, text.end, 'latin1');
}

function putDecimal(text: TextBuffer, whole: number, decimals: number): void {
  const power = POWERS[decimals] as number;
  const integer = Math.floor(whole / power);
  putWhole(text, integer);
  if (decimals === 0) return;
  let fraction = whole - integer * power;
  let digits = decimals;
  for (; digits > 1 && fraction % 10 === 0; digits--) fraction /= 10;
  if (fraction === 0) return;
  text.bytes[text.end++] = DOT;
  // Six decimals before the first digit of 10^-6 and nine digits: more than one number of 9 digits can hold.
  if (digits > 9) {
    for (let zeros = digits - 9; zeros > 0; zeros--) text.bytes[text.end++] = ZERO;
    digits = 9;
  }
  putDigits(text, fraction, digits);
}

/** The last `digits` decimal digits of a number below 10^9, zeros first. */
function putDigits(text: TextBuffer, value: number, digits: number): void {
  const { bytes } = text;
  let rest = value | 0;
  for (let at = text.end + digits - 1; at >= text.end; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = ZERO + rest - next * 10;
    rest = next;
  }
  text.end += digits;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

function wideFloat32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}
