import { expect, test } from 'vitest';
import { histogramRows } from './histogram-rows.ts';

test('bins stand with their edges, and what is beside them, so that all samples are there', () => {
  const histogram = { range: [-1_234.5, -1_233.5] as [number, number], counts: [3, 0], below: 2, above: 1 };
  expect(histogramRows({ labels: null, histogram }, 'y (km)')).toEqual([
    ['y (km) from', 'y (km) to', 'samples'],
    ['', -1_234.5, 2],
    [-1_234.5, -1_234, 3],
    [-1_234, -1_233.5, 0],
    [-1_233.5, '', 1],
  ]);
});

test('labels have one row each', () => {
  const labels = [
    { label: -1, n: 2 },
    { label: 12_345, n: 3 },
  ];
  expect(histogramRows({ labels, histogram: null }, 'class')).toEqual([
    ['class', 'samples'],
    [-1, 2],
    [12_345, 3],
  ]);
});
