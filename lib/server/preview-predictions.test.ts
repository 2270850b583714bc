import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { previewPredictions } from './preview-predictions.ts';

test('of many columns the first 64 are read, in their order', async () => {
  const ids = { name: 'id', data: BigInt64Array.of(2n ** 53n + 1n, 7n) };
  const others = Array.from({ length: 1_000 }, (_, i) => ({ name: `p_${i}`, data: Float32Array.of(i, i + 0.5) }));
  const file = parquetWriteBuffer({ columnData: [ids, ...others] });
  const preview = await previewPredictions(file);
  expect(preview).toMatchObject({ totalColumns: 1_001, total: 2 });
  expect(preview.columns).toEqual(['id', ...others.slice(0, 63).map(({ name }) => name)]);
  expect(preview.rows.map((row) => [row[0], row[1], row[63], row.length])).toEqual([
    ['9007199254740993', 0, 62, 64],
    [7, 0.5, 62.5, 64],
  ]);
});
