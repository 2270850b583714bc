export const MINUS = 0x2d;
export const ZERO = 0x30;
/** What a dot is where a digit would be 0 to 9. */
export const DOT = 0x2e ^ ZERO;

/** Of the powers of ten, those up to 10^22 are exact in a double. */
export const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
const MOST_POWER = POWERS.length - 1;
/** Up to so many digits are an exact double, whatever they are. */
export const EXACT_DIGITS = 15;
/** Beyond, the error of a product would be too small for a double. */
const MOST_SCALE = 200;
/** Splits the 53 bits of a double in halves, whose products are exact (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** More than what is lost, by the part that does not fit into the double: that is below 2^-44. */
const DOUBT = 1 + 2 ** -30;

/**
 * The double nearest to a decimal number, as Number(text) would give it; from its bytes, since text for each number of a
 * file takes five times as long. Up to 15 digits and a power of ten up to 22 it is one operation on exact numbers; else the
 * number is carried in two doubles, with twice the digits (T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971), and Ziv's test tells whether they settle how it is rounded.
 * @param bytes `-12.5e-3` from `start` up to `end`; sign, dot and power of ten may be absent.
 * @returns undefined where it takes more to tell.
 */
export function decimalValue(bytes: Uint8Array, start: number, end: number): number | undefined {
  const isNegative = bytes[start] === MINUS;
  let head = 0;
  let headDigits = 0;
  let tail = 0;
  let tailDigits = 0;
  let scale = 0;
  let hasDot = false;
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const digit = (bytes[at] as number) ^ ZERO;
    if (digit === DOT) {
      hasDot = true;
      continue;
    }
    if (digit > 9) {
      scale += exponentAt(bytes, at + 1, end);
      break;
    }
    if (hasDot) scale -= 1;
    if (headDigits < EXACT_DIGITS) {
      head = head * 10 + digit;
      // Zeros before it are none of its digits.
      if (head > 0) headDigits += 1;
    } else {
      tail = tail * 10 + digit;
      tailDigits += 1;
    }
  }
  if (tailDigits > EXACT_DIGITS || Math.abs(scale) > MOST_SCALE) return undefined;
  const value = sum(head, tail, tailDigits, scale);
  return isNegative && value !== undefined ? -value : value;
}

function exponentAt(bytes: Uint8Array, start: number, end: number): number {
  let power = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) ^ ZERO;
    if (digit < 10) power = power * 10 + digit;
  }
  return bytes[start] === MINUS ? -power : power;
}

/** (head * 10^tailDigits + tail) * 10^scale */
function sum(head: number, tail: number, tailDigits: number, scale: number): number | undefined {
  if (tailDigits === 0 && scale >= -MOST_POWER && scale <= MOST_POWER)
    return scale < 0 ? head / (POWERS[-scale] as number) : head * (POWERS[scale] as number);
  const shift = POWERS[tailDigits] as number;
  const shifted = head * shift;
  let whole = shifted + tail;
  let rest = tail - (whole - shifted) + productError(head, shift, shifted);
  for (let left = Math.abs(scale); ; left -= MOST_POWER) {
    // What fits into one double, and what is left of it.
    const value = whole + rest;
    rest -= value - whole;
    if (left <= 0) return value + rest * DOUBT === value ? value : undefined;
    const power = POWERS[Math.min(left, MOST_POWER)] as number;
    if (scale < 0) {
      whole = value / power;
      const product = whole * power;
      rest = (value - product - productError(whole, power, product) + rest) / power;
    } else {
      whole = value * power;
      rest = productError(value, power, whole) + rest * power;
    }
  }
}

/** What a product lacks: a * b is exactly `product` plus this. */
function productError(a: number, b: number, product: number): number {
  const splitA = SPLITTER * a;
  const highA = splitA - (splitA - a);
  const lowA = a - highA;
  const splitB = SPLITTER * b;
  const highB = splitB - (splitB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}
