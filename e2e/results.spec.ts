import { deleteObject } from './s3.ts';
import { starmap } from './starmap.ts';
import { expect, test } from './test.ts';

test('the page of a run describes its predictions and where the billed time went', async ({ page }) => {
  const launched = (await starmap(
    'launch',
    '--dataset',
    'starmap/datasets/e2e-2MB',
    '--name',
    'Results',
    '--wait',
    '--json',
  )) as { runs: { id: string }[] };
  await page.goto(`/runs/${launched.runs[0]?.id}`);

  const predictions = page.getByRole('region', { name: 'Predictions', exact: true });
  const figures = predictions.getByRole('table', { name: 'Predictions against truth' });
  for (const name of ['MAE', 'MSE', 'RMSE', 'Bias', 'Precision', 'NMAD of Δz/(1+z)', 'R²']) {
    await expect(figures.getByRole('row').filter({ hasText: name }).first()).toContainText(/\d/);
  }
  const histogram = predictions.getByRole('figure', { name: 'How the predictions are spread' });
  await histogram.getByRole('button', { name: /Log scale/ }).click();
  await expect(histogram.getByText('Samples, log')).toBeVisible();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    histogram.getByRole('button', { name: /Download as CSV/ }).click(),
  ]);
  expect(saved.suggestedFilename()).toContain('redshift_pred-histogram.csv');
  await expect(predictions.getByRole('img', { name: /Density of predicted against true/ })).toBeVisible();

  // The figures of the spread stand below its histogram, beside the comparison: not in a row of their own below all.
  const spread = await predictions.getByRole('table', { name: 'The predictions' }).boundingBox();
  const compared = await figures.boundingBox();
  if (!spread || !compared) throw new Error('a table of figures is not shown');
  expect(spread.y).toBeLessThan(compared.y + compared.height);

  const time = page.getByRole('region', { name: 'Where the time went' });
  await expect(time.getByText(/\d+ % of the billed time is/)).toBeVisible();
  await expect(time.getByRole('img', { name: /Billed time by item: 4 columns/ })).toBeVisible();

  await page.getByText('datasets/e2e-2MB/1.safetensors').first().click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('Where the billed time went')).toBeVisible();
  await expect(drawer.getByText('Inference', { exact: true })).toBeVisible();
});

test('a download tells its size, so that the browser shows how far it is', async ({ request }) => {
  const launched = (await starmap('launch', '--dataset', 'starmap/datasets/e2e-2MB', '--wait', '--json')) as {
    runs: { id: string }[];
  };
  for (const file of ['combined_data.json', 'predictions.csv', 'predictions.parquet']) {
    const url = `/api/runs/${launched.runs[0]?.id}/results/${file}`;
    const got = await request.get(url);
    const length = String((await got.body()).length);
    expect(got.headers()).toMatchObject({ 'content-length': length });
    expect((await request.head(url)).headers()).toMatchObject({ 'content-length': length });
  }
});

test('results that were deleted after the run are said to be gone, not never written', async ({ page }) => {
  const launched = (await starmap('launch', '--dataset', 'starmap/datasets/e2e-2MB', '--wait', '--json')) as {
    runs: { id: string; experimentId: string }[];
  };
  const { id, experimentId } = launched.runs[0] ?? {};
  const path = `results/${experimentId}/${id}`;
  for (const file of ['combined_data.json', 'predictions.csv', 'predictions.parquet', 'summary.json'])
    await deleteObject(`${path}/${file}`);
  await page.goto(`/runs/${id}`);
  const results = page.getByRole('region', { name: 'Results', exact: true });
  await expect(results.getByText('The combined result is no longer there')).toBeVisible();
  const predictions = page.getByRole('region', { name: 'Predictions', exact: true });
  await expect(predictions.getByText('The summary of this run is no longer there')).toBeVisible();
  await expect(predictions.getByText('No predictions were joined')).toHaveCount(0);
  // The database has noted how good they were.
  await expect(predictions.getByRole('table', { name: 'Predictions against truth' })).toContainText('MAE');
});
