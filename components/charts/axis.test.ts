import { expect, test } from 'vitest';
import { axisNumber, axisTicks, axisUnit, countTicks, labelTicks, roundTicks, settingAxis, valueAxis } from './axis.ts';

test('the unit follows the largest value', () => {
  expect(axisUnit('durationMs', 900).unit).toBe('ms');
  expect(axisUnit('durationMs', 61_000)).toEqual({ unit: 's', factor: 0.001 });
  expect(axisUnit('throughputBps', 3.2e8).unit).toBe('Mbit/s');
  expect(axisUnit('sizeBytes', 12.6e9).unit).toBe('GB');
  expect(axisUnit('costUsd', 0.00042).unit).toBe('10⁻³ USD');
});

test('linear ticks are round and enclose the values', () => {
  expect(valueAxis('durationMs', [1_200, 6_900], false)).toMatchObject({
    unit: 's',
    domain: [0, 8],
    ticks: [0, 2, 4, 6, 8],
  });
});

test('a confidence interval below zero does not pull the axis below zero', () => {
  expect(valueAxis('durationMs', [-4_000, 6_000], false).domain[0]).toBe(0);
});

test('one value, or none, still gives an axis', () => {
  const one = valueAxis('throughputBps', [5e6], false);
  expect(one.domain[0]).toBeLessThan(5);
  expect(one.domain[1]).toBeGreaterThan(5);
  expect(one.ticks.every(Number.isFinite)).toBe(true);
  for (const log of [true, false]) {
    expect(valueAxis('costUsd', [0], log).ticks.every(Number.isFinite)).toBe(true);
    expect(settingAxis('samplesPerBatch', [512], log).domain.every(Number.isFinite)).toBe(true);
  }
});

test('log ticks enclose the values in steps people know', () => {
  expect(valueAxis('durationMs', [1_500, 30_000], true)).toMatchObject({ scale: 'log', ticks: [1, 2, 5, 10, 20, 50] });
  expect(valueAxis('samplesPerSecond', [3, 40_000], true).ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
});

test('the ticks of a swept setting are its values', () => {
  expect(settingAxis('samplesPerBatch', [512, 32, 64, 32], true).ticks).toEqual([32, 64, 512]);
});

test.each([
  [0.000123456, '0.0001235'],
  [12_345.6, '12,350'],
  [0, '0'],
  [-9_999_000, '−9,999,000'],
  [163_800_000_000, '1.638e11'],
  [-2e11, '−2e11'],
  [0.0000123, '1.23e−5'],
])('%d reads %s', (value, text) => expect(axisNumber(value)).toBe(text));

test.each([
  [58_849, 58_850],
  [210.80225, 210.80232],
  [1e11, 1.00001e11],
  [-1e-9, 1e-9],
])('ticks between %d and %d read differently', (low, high) => {
  const ticks = roundTicks(low, high);
  const texts = ticks.map((tick) => axisNumber(tick, (ticks[1] ?? 0) - (ticks[0] ?? 0)));
  expect(new Set(texts).size).toBe(ticks.length);
  expect(ticks.length).toBeGreaterThan(3);
});

test('counts have whole ticks from 0 to above the largest, decades on a log scale', () => {
  expect(countTicks(1, false)).toEqual([0, 1]);
  expect(countTicks(7, false)).toEqual([0, 2, 4, 6, 8]);
  expect(countTicks(0, false)).toEqual([0, 1]);
  expect(countTicks(1_204, true)).toEqual([1, 10, 100, 1_000, 10_000]);
  expect(countTicks(1, true)).toEqual([1, 10]);
});

test('round numbers lie inside a range, below zero too', () => {
  expect(roundTicks(0.03, 0.55)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  expect(roundTicks(-30, 30)).toEqual([-30, -20, -10, 0, 10, 20, 30]);
});

test('marks of an axis are as many as a phone has room for', () => {
  const texts = (low: number, high: number) => axisTicks(low, high, (high - low) / 50).map(({ text }) => text);
  expect(texts(0, 0.6)).toEqual(['0', '0.1', '0.2', '0.3', '0.4', '0.5', '0.6']);
  expect(texts(-0.003, 0.003)).toEqual(['−0.002', '0', '0.002']);
  const dates = texts(2_459_000.5, 2_459_003.5);
  expect(dates).toContain('2,459,002');
  expect(dates.join(' ').length).toBeLessThanOrEqual(36);
  // One of such a length at an end would widen the page.
  const ends = axisTicks(0.10000000149, 0.100000001491, 1e-13);
  for (const { at } of ends) expect(Math.min(at, 1 - at)).toBeGreaterThan(0.05);
});

test.each([
  ['equal', 0.4999999999960938, 0.5, '0.5'],
  ['apart by rounding', 0.4999999999994884, 0.5000000000005116, '0.5'],
  ['apart by less than twelve digits tell', 0.4999999999999949, 0.5000000000000051, '0.5'],
  ['equal and not round', -7.312345679015255, -7.312345678786745, '−7.312346'],
  ['equal and large', 123_456_789_010.07, 123_456_789_013.93, '1.234568e11'],
])('values that are %s have one mark that can be read', (_, low, high, text) =>
  expect(axisTicks(low, high, (high - low) / 36)).toEqual([{ at: 0.5, text }]),
);

test('values that a 32-bit float tells apart have marks that do', () =>
  expect(axisTicks(0.49999984, 0.50000018, 7e-9).map(({ text }) => text)).toEqual(['0.4999999', '0.5', '0.5000001']));

test('labels of bars are as many as do not run into each other', () => {
  const texts = (labels: number[]) => labelTicks(labels).map(({ text }) => text);
  expect(labelTicks([0, 1])).toEqual([
    { at: 0.25, text: '0' },
    { at: 0.75, text: '1' },
  ]);
  expect(texts(Array.from({ length: 24 }, (_, i) => i)).length).toBeGreaterThanOrEqual(8);
  const long = Array.from({ length: 28 }, (_, i) => 1_237_650_000_000 + i);
  expect(texts(long)).toEqual(['1237650000006', '1237650000020']);
  // Half of one is 22 % of the narrowest chart.
  for (const { at } of labelTicks(long)) expect(Math.min(at, 1 - at)).toBeGreaterThan(0.22);
  expect(texts([-9_007_199_254_740_991, 0, 9_007_199_254_740_991])).toEqual(['0']);
});
