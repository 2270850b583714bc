/** What stands where a quantity was not measured. */
export const NOT_MEASURED = '—';

/** A quantity for people. */
export interface Quantity {
  /** Rounded, in a human unit. */
  text: string;
  /** The value behind it with all its digits; null where there is none. */
  exact: string | null;
}

export type QuantityKind = keyof typeof kinds;

/**
 * A number with its unit.
 * @param value in the kind's own unit: bytes, ms, bit/s, samples/s, USD, MB of 2^20 bytes (Lambda memory) or percent
 * @param like the values of the same column: all of them get one unit and one number of decimals
 */
export function toQuantity(
  kind: QuantityKind,
  value: number | null | undefined,
  like: readonly (number | null | undefined)[] = [value],
): Quantity {
  if (!measured(value)) return { text: NOT_MEASURED, exact: null };
  return kinds[kind](value, like.filter(measured));
}

export const formatBytes = (bytes: number | null | undefined) => toQuantity('bytes', bytes).text;
export const formatDuration = (durationMs: number | null | undefined) => toQuantity('durationMs', durationMs).text;
export const formatUsd = (usd: number | null | undefined) => toQuantity('usd', usd).text;
export const formatCount = (count: number | null | undefined) => toQuantity('count', count).text;

/** `1 run`, `12 runs`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

/** `3 min ago`; the date where it is more than a month. */
export function relativeTime(iso: string, nowMs: number): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return NOT_MEASURED;
  const seconds = Math.round((nowMs - at) / 1000);
  const past = Math.abs(seconds);
  if (past < 3) return 'just now';
  const [size, unit] = relativeUnits.findLast(([size]) => past >= size) ?? [1, 's'];
  const count = Math.floor(past / size);
  if (unit === 'd' && count > 30) return utcTime(iso).slice(0, 10);
  return seconds >= 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** `2026-11-23 21:04:11 UTC`. */
export function utcTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? NOT_MEASURED : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The same in a time zone, the machine's own by default: `2026-11-23 22:04:11 Europe/Berlin`. */
export function localTime(iso: string, timeZone?: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return NOT_MEASURED;
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
  return `${format.format(date)} ${format.resolvedOptions().timeZone}`;
}

const relativeUnits: readonly [sizeSeconds: number, unit: string][] = [
  [1, 's'],
  [60, 'min'],
  [3_600, 'h'],
  [86_400, 'd'],
];

type Format = (value: number, like: readonly number[]) => Quantity;

const kinds = {
  bytes: scaled(['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 'bytes'),
  bitsPerSecond: scaled(['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], 'bit/s'),
  samplesPerSecond: fixed('samples/s'),
  durationMs: duration,
  usd: money,
  count: (value: number) => ({ text: withDigits(value, 0), exact: withDigits(value, 0) }),
  memoryMb: (value: number) => ({
    text: `${withDigits(value, 0)} MB`,
    exact: `${exactly(value)} MB (2^20 bytes each)`,
  }),
  percent: fixed('%'),
} satisfies Record<string, Format>;

/** Units of 1,000 each. */
function scaled(units: readonly string[], base: string): Format {
  return (value, like) => {
    const largest = largestOf(like);
    const power = largest < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(largest) / 3 + 1e-9));
    const size = 1000 ** power;
    const decimals = power === 0 ? 0 : decimalsFor(like.map((each) => each / size));
    return {
      text: `${withDigits(value / size, decimals)} ${units[power]}`,
      exact: `${exactly(value)} ${base}`,
    };
  };
}

function fixed(unit: string): Format {
  return (value, like) => ({
    text: `${withDigits(value, decimalsFor(like))} ${unit}`,
    exact: `${exactly(value)} ${unit}`,
  });
}

function duration(value: number, like: readonly number[]): Quantity {
  const largest = largestOf(like);
  const exact = `${exactly(value)} ms`;
  const seconds = Math.round(value / 1000);
  if (largest < 1_000) return { text: `${withDigits(value, decimalsFor(like))} ms`, exact };
  // A column of its own keeps seconds longer, so that its short runs stay readable.
  if (largest < (like.length > 1 ? 600_000 : 100_000)) {
    const decimals = Math.max(1, decimalsFor(like.map((each) => each / 1000)));
    return { text: `${withDigits(value / 1000, decimals)} s`, exact };
  }
  if (largest < 3_600_000) return { text: pair(seconds, 60, 'm', 's'), exact };
  if (largest < 86_400_000) return { text: pair(Math.round(seconds / 60), 60, 'h', 'm'), exact };
  return { text: pair(Math.round(seconds / 3_600), 24, 'd', 'h'), exact };
}

function money(value: number, like: readonly number[]): Quantity {
  const largest = largestOf(like);
  const decimals = largest >= 1 || largest === 0 ? 2 : Math.min(8, decimalsFor(like));
  const sign = value < 0 ? '−' : '';
  return {
    text: `${sign}$${withDigits(Math.abs(value), decimals)}`,
    exact: `${sign}$${Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 12 })}`,
  };
}

/**
 * Three significant digits for the largest value, and two for the smallest as far as two more decimals go; fewer where
 * all values are round.
 */
function decimalsFor(values: readonly number[]): number {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0) return 0;
  const most = digitsBelow(Math.max(...sizes), 3);
  const enough = Math.max(most, Math.min(digitsBelow(Math.min(...sizes), 2), most + 2));
  for (let decimals = 0; decimals < enough; decimals++) {
    const step = 10 ** decimals;
    if (values.every((value) => Math.abs(value * step - Math.round(value * step)) < 1e-9)) return decimals;
  }
  return enough;
}

/** Decimals that a number needs to be told with so many significant digits. */
const digitsBelow = (size: number, significant: number) =>
  Math.max(0, significant - 1 - Math.floor(Math.log10(size) + 1e-9));

function withDigits(value: number, decimals: number): string {
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  // What is not zero must not look like zero beside larger neighbours.
  if (value !== 0 && /^-?[0.]+$/.test(text)) return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return text.replace('-', '−');
}

function pair(total: number, size: number, large: string, small: string): string {
  return `${Math.floor(total / size).toLocaleString('en-US')} ${large} ${String(total % size).padStart(2, '0')} ${small}`;
}

const exactly = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 6 });
const largestOf = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const measured = (value: number | null | undefined): value is number => Number.isFinite(value);
