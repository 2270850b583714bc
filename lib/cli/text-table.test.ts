import { expect, test } from 'vitest';
import { textTable } from './text-table.ts';

test('ids from a data file stay in their row and column', () => {
  const rows = [
    ['line\nbreak', '1'],
    ['\u001b[31mred', '2'],
  ];
  expect(textTable(['id', 'y'], rows).split('\n')).toEqual([
    '  id             y',
    '  line\\x0abreak  1',
    '  \\x1b[31mred    2',
  ]);
});
