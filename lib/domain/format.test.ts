import { expect, test } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatUsd,
  localTime,
  plural,
  relativeTime,
  toQuantity,
  utcTime,
} from './format.ts';

test('sizes have three digits, and fewer where they are round', () => {
  expect([12_600_000_000, 25_000_000, 79_803_112, 999, 0].map(formatBytes)).toEqual([
    '12.6 GB',
    '25 MB',
    '79.8 MB',
    '999 B',
    '0 B',
  ]);
  expect(toQuantity('bytes', 12_600_000_000).exact).toBe('12,600,000,000 bytes');
});

test('durations from ms to days', () => {
  expect([0.42, 412, 6_550, 61_400, 754_000, 3_720_000, 183_600_000].map(formatDuration)).toEqual([
    '0.42 ms',
    '412 ms',
    '6.55 s',
    '61.4 s',
    '12 m 34 s',
    '1 h 02 m',
    '2 d 03 h',
  ]);
});

test('money keeps what is not zero', () => {
  expect([0, 0.0412, 0.00000312, 12.3, 1234.567].map(formatUsd)).toEqual([
    '$0.00',
    '$0.0412',
    '$0.00000312',
    '$12.30',
    '$1,234.57',
  ]);
});

test('a rate names its unit', () => {
  expect(toQuantity('bitsPerSecond', 18_012_000_000).text).toBe('18.0 Gbit/s');
  expect(toQuantity('samplesPerSecond', 5012.4).text).toBe('5,012 samples/s');
});

test('a column has one unit and one number of decimals', () => {
  const sizes = [20_000_000, 1_260_000_000, null];
  expect(sizes.map((size) => toQuantity('bytes', size, sizes).text)).toEqual(['0.02 GB', '1.26 GB', '—']);
  const costs = [0.00163, 0.155];
  expect(costs.map((cost) => toQuantity('usd', cost, costs).text)).toEqual(['$0.0016', '$0.1550']);
  expect(toQuantity('bytes', 400, [400, 12_600_000_000]).text).toBe('0.0000004 GB');
  const times = [2_310, 512_000];
  expect(times.map((time) => toQuantity('durationMs', time, times).text)).toEqual(['2.3 s', '512.0 s']);
});

test('what was not measured is a dash, never NaN', () => {
  for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
    expect(toQuantity('usd', value)).toEqual({ text: '—', exact: null });
});

test('times relative to now, and as they are', () => {
  const now = Date.parse('2026-11-23T21:04:11Z');
  const ago = (seconds: number) => relativeTime(new Date(now - seconds * 1000).toISOString(), now);
  expect([1, 42, 61, 3_700, 90_000, 86_400 * 40, -30].map(ago)).toEqual([
    'just now',
    '42 s ago',
    '1 min ago',
    '1 h ago',
    '1 d ago',
    '2026-10-14',
    'in 30 s',
  ]);
  expect(relativeTime('never', now)).toBe('—');
  expect(utcTime('2026-11-23T21:04:11.123Z')).toBe('2026-11-23 21:04:11 UTC');
  expect(localTime('2026-11-23T21:04:11Z', 'Europe/Berlin')).toBe('2026-11-23 22:04:11 Europe/Berlin');
});

test('one run, two runs', () => expect([plural(1, 'run'), plural(1200, 'run')]).toEqual(['1 run', '1,200 runs']));
