import { expect, test } from 'vitest';
import { css, logShare, viridis } from './color-scale.ts';

test('the scale runs from dark to bright, and the other way round on light ground', () => {
  expect(viridis(0)).toEqual([68, 1, 84]);
  expect(viridis(1)).toEqual([253, 231, 37]);
  expect(viridis(0, true)).toEqual(viridis(1));
  expect(css(viridis(7))).toBe('rgb(253 231 37)');
});

test('single counts are seen beside thousands', () => {
  expect(logShare(0, 10_000)).toBe(0);
  expect(logShare(1, 10_000)).toBeGreaterThan(0.05);
  expect(logShare(10_000, 10_000)).toBe(1);
  expect(logShare(0, 0)).toBe(0);
});
