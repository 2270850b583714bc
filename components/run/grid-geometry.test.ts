import { expect, test } from 'vitest';
import { cellAt, gridGeometry, moveCell } from './grid-geometry.ts';

test.each([1, 130, 10_000])('%d cells all fit the width', (count) => {
  const { columns, rows, pitchPx } = gridGeometry(count, 1_000);
  expect(columns * rows).toBeGreaterThanOrEqual(count);
  expect(columns * pitchPx).toBeLessThanOrEqual(1_001);
});

test('few cells are large, many are small but still seen', () => {
  expect(gridGeometry(20, 1_000).cellPx).toBe(22);
  expect(gridGeometry(10_000, 1_000).cellPx).toBe(4);
});

test('a point finds its cell, and none beyond the last', () => {
  const geometry = gridGeometry(3, 1_000);
  expect(cellAt(geometry, 3, geometry.pitchPx * 2 + 1, 1)).toBe(2);
  expect(cellAt(geometry, 3, geometry.pitchPx * 3 + 1, 1)).toBeNull();
  expect(cellAt(geometry, 3, -1, 1)).toBeNull();
});

test('arrow keys move within the grid', () => {
  const geometry = { ...gridGeometry(100, 1_000), columns: 10 };
  expect(moveCell(geometry, 100, 5, 'ArrowDown')).toBe(15);
  expect(moveCell(geometry, 100, 5, 'ArrowUp')).toBe(0);
  expect(moveCell(geometry, 100, 95, 'ArrowDown')).toBe(99);
  expect(moveCell(geometry, 100, 50, 'Home')).toBe(0);
  expect(moveCell(geometry, 100, 50, 'End')).toBe(99);
  expect(moveCell(geometry, 100, 50, 'a')).toBe(50);
});

test('a grid of no width is drawn in one column rather than not at all', () => {
  expect(gridGeometry(3, 0).columns).toBe(1);
});
