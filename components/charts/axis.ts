/** What kind of number an axis carries; decides its unit. */
export type AxisKind =
  | 'durationMs'
  | 'throughputBps'
  | 'samplesPerSecond'
  | 'costUsd'
  | 'sizeBytes'
  | 'samplesPerBatch'
  | 'memoryMb';

/** Display value = stored value × factor. */
export interface AxisUnit {
  unit: string;
  factor: number;
}

export interface Axis extends AxisUnit {
  scale: 'linear' | 'log';
  /** In display units, like the ticks. */
  domain: [number, number];
  ticks: number[];
}

const UNITS: Record<AxisKind, [from: number, unit: string, factor: number][]> = {
  durationMs: [
    [7_200_000, 'h', 1 / 3_600_000],
    [120_000, 'min', 1 / 60_000],
    [1_000, 's', 1 / 1_000],
    [0, 'ms', 1],
  ],
  throughputBps: [
    [1e9, 'Gbit/s', 1e-9],
    [1e6, 'Mbit/s', 1e-6],
    [1e3, 'kbit/s', 1e-3],
    [0, 'bit/s', 1],
  ],
  samplesPerSecond: [[0, 'samples/s', 1]],
  costUsd: [
    [0.01, 'USD', 1],
    [0.00001, '10⁻³ USD', 1e3],
    [0, '10⁻⁶ USD', 1e6],
  ],
  sizeBytes: [
    [1e12, 'TB', 1e-12],
    [1e9, 'GB', 1e-9],
    [1e6, 'MB', 1e-6],
    [1e3, 'kB', 1e-3],
    [0, 'bytes', 1],
  ],
  samplesPerBatch: [[0, 'samples per batch', 1]],
  memoryMb: [[0, 'MB', 1]],
};

/** The one unit in which values up to `largest` read well. */
export function axisUnit(kind: AxisKind, largest: number): AxisUnit {
  const [, unit, factor] = UNITS[kind].find(([from]) => largest >= from) ?? [0, '', 1];
  return { unit, factor };
}

/**
 * Unit, bounds and ticks of an axis that shows all `values` (in stored units; those of a quantity that is never
 * negative). A log scale is refused where a value is not above 0.
 */
export function valueAxis(kind: AxisKind, values: readonly number[], log: boolean): Axis {
  const unit = axisUnit(kind, Math.max(0, ...values));
  const shown = values.map((value) => value * unit.factor);
  const positive = shown.filter((value) => value > 0);
  if (log && positive.length > 0) {
    const ticks = logTicks(Math.min(...positive), Math.max(...positive));
    return { ...unit, scale: 'log', ticks, domain: [ticks[0] ?? 1, ticks.at(-1) ?? 10] };
  }
  const ticks = linearTicks(Math.max(0, Math.min(...shown)), Math.max(...shown));
  return { ...unit, scale: 'linear', ticks, domain: [ticks[0] ?? 0, ticks.at(-1) ?? 1] };
}

/** Like `valueAxis` for the settings that were swept: the ticks are the settings themselves, with air on both sides. */
export function settingAxis(kind: AxisKind, settings: readonly number[], log: boolean): Axis {
  const unit = axisUnit(kind, Math.max(0, ...settings));
  const ticks = [...new Set(settings)].sort((a, b) => a - b).map((setting) => setting * unit.factor);
  const first = ticks[0] ?? 0;
  const last = ticks.at(-1) ?? 1;
  if (log && first > 0) {
    const air = first === last ? 2 : (last / first) ** 0.05;
    return { ...unit, scale: 'log', ticks, domain: [first / air, last * air] };
  }
  const air = first === last ? last / 2 || 1 : (last - first) * 0.05;
  return { ...unit, scale: 'linear', ticks, domain: [first - air, last + air] };
}

/** Ticks of an axis of counts, from 0, or from 1 on a log scale, to at least `largest`. */
export function countTicks(largest: number, log: boolean): number[] {
  if (log) {
    const decades = Math.max(1, Math.ceil(Math.log10(Math.max(1, largest))));
    return Array.from({ length: decades + 1 }, (_, power) => 10 ** power);
  }
  const step = Math.max(1, Math.ceil(roundStep(largest / 4)));
  return Array.from({ length: Math.max(1, Math.ceil(largest / step - 1e-9)) + 1 }, (_, index) => index * step);
}

/** Four to seven round numbers from low to high; with less than 6 parts, fewer. */
export function roundTicks(low: number, high: number, parts = 6): number[] {
  const step = roundStep((high - low) / parts);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** A mark of an axis, at a share of its length, 0 to 1. */
export interface Tick {
  at: number;
  text: string;
}

/**
 * Round numbers below an axis from low to high, as many as do not run into each other, and none that would stand out of
 * the page. Where they are so close together that it takes many digits to tell them apart, as of values that are all
 * but equal, there is one in the middle instead: where they lie is told by it, and not how far they are apart.
 * @param step as for `axisNumber`.
 */
export function axisTicks(low: number, high: number, step: number): Tick[] {
  const ticksOf = (parts: number): Tick[] =>
    roundTicks(low, high, parts).map((tick) => ({ at: (tick - low) / (high - low), text: axisNumber(tick, step) }));
  const parts = [6, 5, 4, 3, 2].find((some) => lengthOf(ticksOf(some)) <= AXIS_CHARACTERS) ?? 1;
  const half = ({ text }: Tick) => (text.length / 2 - BESIDE_CHARACTERS) / AXIS_CHARACTERS;
  const ticks = ticksOf(parts).filter((tick) => half(tick) <= Math.min(tick.at, 1 - tick.at));
  const texts = new Set(ticks.map(({ text }) => text));
  const areReadable = [...texts].every(({ length }) => length <= TICK_CHARACTERS);
  return texts.size === ticks.length && texts.size > 0 && areReadable ? ticks : [middleTick(low, high)];
}

function middleTick(low: number, high: number): Tick {
  const middle = low + (high - low) / 2;
  // As many digits as a 32-bit float has.
  return { at: 0.5, text: axisNumber(middle, Math.abs(middle) / 1e4) };
}

/** What an axis has room for on a phone, a blank after each mark, and what has room beside it. */
const AXIS_CHARACTERS = 36;
const BESIDE_CHARACTERS = 4;
/** The longest mark that is read at a glance: a Julian date with its half day. */
const TICK_CHARACTERS = 11;

const lengthOf = (ticks: Tick[]) => ticks.reduce((sum, { text }) => sum + text.length + 1, 0);

/**
 * Four significant digits, thousands separated; what would be long so is written as 1.2e11.
 * @param step how far neighbours are apart: as many digits more as tell them apart
 */
export function axisNumber(value: number, step?: number): string {
  const power = powerOf(value);
  const digits = step === undefined ? 4 : Math.min(15, Math.max(4, power - powerOf(step) + 3));
  if (power < 7 && power >= -4)
    return value.toLocaleString('en-US', { maximumSignificantDigits: digits }).replace('-', '−');
  return Number(value.toPrecision(digits)).toExponential().replace('e+', 'e').replaceAll('-', '−');
}

const powerOf = (value: number) => (value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)) + 1e-9));

/** Four to eight round numbers that enclose low and high. */
function linearTicks(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const bottom = high === low ? Math.max(0, low - span / 2) : low;
  const top = high === low ? high + span / 2 : high;
  const step = roundStep((top - bottom) / 5);
  const first = Math.floor(bottom / step + 1e-9);
  const last = Math.ceil(top / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 2.5, 5].find((step) => step * power >= rough * 0.999) ?? 10) * power;
}

/** Steps of 1, 2, 5 within two decades, whole decades above. */
function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 2 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power += 1)
    for (const step of steps) all.push(Number((step * 10 ** power).toPrecision(12)));
  const from = all.findLastIndex((tick) => tick <= low * (1 + 1e-9));
  const to = all.findIndex((tick) => tick >= high * (1 - 1e-9));
  return all.slice(from, Math.max(to, from + 1) + 1);
}

/** Most labels below the bars of a chart, and most characters of all together: what a phone has room for. */
const MAX_LABELS = 12;
const MAX_CHARACTERS = 30;

/** Labels of bars that stand side by side: as many as do not run into each other, each below the middle of its bar. */
export function labelTicks(labels: readonly number[]): Tick[] {
  const texts = labels.map(String);
  const longest = Math.max(...texts.map((text) => text.length));
  const room = Math.max(1, Math.min(MAX_LABELS, Math.floor(MAX_CHARACTERS / (longest + 1))));
  const every = Math.ceil(texts.length / room);
  // In the middle of each stretch: at the ends a long label would stand out of the chart.
  const first = Math.floor((every - 1) / 2);
  return texts.flatMap((text, i) => (i % every === first ? [{ at: (i + 0.5) / texts.length, text }] : []));
}
