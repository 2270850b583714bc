import { afterAll, expect, test } from 'vitest';
import { startHandlers } from './handlers.fixture.ts';

const { stop, putModel, putDataset, runAll, summaryOf, predictions } = await startHandlers();
afterAll(stop);

test('two outputs are compared with one truth, which stands in the predictions once', async () => {
  await putModel('models/two', {
    outputs: [
      { name: 'redshift', column: 'z' },
      { name: 'redshift', column: 'odds', reduce: 'sigmoid' },
    ],
    truth: [
      { column: 'z', tensor: 'redshift' },
      { column: 'odds', tensor: 'redshift' },
    ],
  });
  const planned = await runAll(await putDataset('galaxies.safetensors'), { S3_object_name: 'models/two' });
  const rows = await predictions(`${planned.run.result_path}/predictions.parquet`);
  expect(Object.keys(rows[0] ?? {})).toEqual(['source', 'row', 'id', 'z', 'odds', 'redshift']);

  const { metrics } = await summaryOf(planned);
  const maeOf = (column: string) =>
    rows.reduce((sum, row) => sum + Math.abs(Number(row[column]) - Number(row.redshift)), 0) / rows.length;
  expect(metrics).toMatchObject(
    ['z', 'odds'].map((column) => ({ column, truth: 'redshift', n: 7, mae: expect.closeTo(maeOf(column), 6) })),
  );
});
