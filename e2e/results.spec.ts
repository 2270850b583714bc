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

  const time = page.getByRole('region', { name: 'Where the time went' });
  await expect(time.getByText(/\d+ % of the billed time is/)).toBeVisible();
  await expect(time.getByRole('img', { name: /Billed time by item: 4 columns/ })).toBeVisible();

  await page.getByText('datasets/e2e-2MB/1.safetensors').first().click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('Where the billed time went')).toBeVisible();
  await expect(drawer.getByText('Inference', { exact: true })).toBeVisible();
});
