import { expect, test } from 'vitest';
import { predictedColumn } from '../lib/domain/run-summary.ts';
import { accumulateColumn } from './predicted-column.ts';

test('the largest numbers have no bins, and summary.json can be read all the same', () => {
  const column = accumulateColumn({ column: 'flux', unit: null });
  column.add(Float64Array.of(-1.7e308, 0, 1.7e308));
  const read = predictedColumn.parse(JSON.parse(JSON.stringify(column.read())));
  expect(read).toMatchObject({ n: 3, min: -1.7e308, median: 0, max: 1.7e308, histogram: null });
});
