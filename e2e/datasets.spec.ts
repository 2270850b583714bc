import AxeBuilder from '@axe-core/playwright';
import { deleteObject, writeObject } from './s3.ts';
import { starmap } from './starmap.ts';
import { expect, test } from './test.ts';

test('a dataset is deleted after saying what goes; the run that used it stays as it is', async ({ page }) => {
  const at = ['--size', '2MB', '--partition', '1MB', '--out', 's3://starmap/datasets/e2e-gone'];
  await starmap('dataset', ...at, '--json');
  const launch = ['launch', '--dataset', 'starmap/datasets/e2e-gone', '--name', 'On what goes', '--wait', '--json'];
  const { runs } = (await starmap(...launch)) as { runs: { id: string }[] };

  await page.goto('/data');
  await page.getByRole('table', { name: 'Datasets' }).getByRole('link', { name: 'e2e-gone' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this dataset?' });
  await expect(dialog).toContainText(
    '2 partition files and dataset.json in s3://starmap/datasets/e2e-gone/ go, 1.97 MB',
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await dialog.getByRole('button', { name: 'Delete 2 partition files' }).click();
  await expect(page).toHaveURL(/\/data$/);
  await expect(page.getByRole('table', { name: 'Datasets' })).not.toContainText('e2e-gone');

  await page.goto(`/runs/${runs[0]?.id}`);
  await expect(page.getByText('COMPLETE').first()).toBeVisible();
  await expect(page.getByText('datasets/e2e-gone').first()).toBeVisible();
  await page.goto(`/launch?from=${runs[0]?.id}`);
  await expect(page.getByText(/There is no dataset starmap\/datasets\/e2e-gone/).first()).toBeVisible();
});

test('a dataset that is being made can be stopped, and nothing of it is kept', async ({ page }) => {
  await page.goto('/data/new');
  await page.getByRole('textbox', { name: 'Name' }).fill('e2e-mistyped');
  await page.getByRole('textbox', { name: 'Size in all' }).fill('80TB');
  await page.getByRole('textbox', { name: 'Size of one partition' }).fill('1GB');
  await page.getByRole('button', { name: 'Make the dataset' }).click();
  await expect(page.getByRole('progressbar', { name: 'Making starmap/datasets/e2e-mistyped' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('starmap/datasets/e2e-mistyped was stopped. Nothing of it was kept.')).toBeVisible();
  await page.goto('/data');
  await expect(page.getByRole('table', { name: 'Datasets' })).toContainText('e2e-1MB');
  await expect(page.getByRole('table', { name: 'Datasets' })).not.toContainText('e2e-mistyped');
});

test('datasets of one name are told apart where one is chosen; a long name leaves room for the other columns', async ({
  page,
}) => {
  const long = `e2e-${'x'.repeat(150)}`;
  const keys = ['e2e-a/twin', 'e2e-b/twin', long].map((name) => `datasets/${name}/1.npz`);
  for (const key of keys) await writeObject(key, new Uint8Array(1));
  await page.goto('/launch');
  await expect(page.getByRole('checkbox', { name: 'e2e-a/twin' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'e2e-b/twin' })).toBeVisible();
  await page.goto('/data');
  const table = page.getByRole('table', { name: 'Datasets' });
  await expect(table.getByRole('link', { name: long })).toBeVisible();
  await expect(table.getByRole('columnheader', { name: 'Partitions', exact: true })).toBeInViewport();
  for (const key of keys) await deleteObject(key);
});

test('the size that a dataset was asked for is told as one', async ({ page }) => {
  await page.goto('/data/dataset?id=starmap/datasets/e2e-1MB');
  await expect(page.getByText('size asked for')).toBeVisible();
  await expect(page.getByText('40 MB', { exact: true })).toBeVisible();
});

test('a long tensor name widens neither the page of its dataset nor the launch form, which says what is missing', async ({
  page,
}) => {
  const long = `flux_${'x'.repeat(80)}`;
  const described = {
    version: 1,
    name: 'e2e-long',
    format: 'npz',
    samples: 1,
    bytes: 5,
    partition_size_bytes: 5,
    partitions: [{ file: '1.npz', samples: 1, bytes: 5 }],
    tensors: [
      { name: 'magnitude', dtype: 'float32', shape: [5] },
      { name: long, dtype: 'float32', shape: [] },
    ],
    made_by: {},
    created_at: '2026-11-30T00:00:00Z',
  };
  await writeObject('datasets/e2e-long/1.npz', Buffer.from('bytes'));
  await writeObject('datasets/e2e-long/dataset.json', Buffer.from(JSON.stringify(described)));
  await page.setViewportSize({ width: 375, height: 800 });
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await page.goto('/data/dataset?id=starmap/datasets/e2e-long');
  await expect(page.getByText('float32, one for each sample')).toBeVisible();
  expect(await width()).toBe(375);
  await page.goto('/launch?dataset=starmap/datasets/e2e-long');
  await expect(page.getByText(/e2e-long has no tensor image, which photoz reads for its input image/)).toBeVisible();
  expect(await width()).toBe(375);
  await deleteObject('datasets/e2e-long/1.npz');
  await deleteObject('datasets/e2e-long/dataset.json');
});
