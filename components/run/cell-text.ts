const DIGITS = 6;
/** More tell no numbers apart. */
const ALL_DIGITS = 17;

/** Significant digits with which the numbers of a column are told apart, such as dates of one night. */
export function columnDigits(values: readonly unknown[]): number {
  const numbers = values.filter((value): value is number => Number.isFinite(value));
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (numbers.length === 0 || low === high) return DIGITS;
  const more = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low)));
  return Math.min(ALL_DIGITS, DIGITS + Math.max(0, more));
}

/** A value of a file; whole numbers as they are, others with so many digits. */
export function cellText(value: unknown, digits: number): string {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
