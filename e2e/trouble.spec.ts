import { readFile } from 'node:fs/promises';
import { readObject, writeObject } from './s3.ts';
import { starmap } from './starmap.ts';
import { expect, test } from './test.ts';

test('a corrupt partition: the run fails with that file named, the others are kept', async ({ page }) => {
  await starmap('dataset', '--size', '6MB', '--partition', '1MB', '--out', 's3://starmap/datasets/e2e-bad', '--json');
  const key = 'datasets/e2e-bad/6.safetensors';
  await writeObject(key, (await readObject(key)).subarray(0, 300_000));
  const { runIds } = (await starmap(
    'launch',
    '--dataset',
    'starmap/datasets/e2e-bad',
    '--concurrency',
    '1',
    '--name',
    'Corrupt',
    '--json',
  )) as { runIds: string[] };
  await page.goto(`/runs/${runIds[0]}`);
  await expect(page.getByText('This run failed: 1 of 6 items failed')).toBeVisible();
  await expect(page.getByText(key).first()).toBeVisible();
  await expect(page.getByText('INCOMPLETE 5/6').first()).toBeVisible();

  // The item says once what went wrong, and what it cost.
  await page
    .getByRole('link', { name: key })
    .or(page.getByRole('button', { name: key }))
    .first()
    .click();
  const drawer = page.getByRole('dialog', { name: 'Item 5' });
  await expect(drawer.getByText(/REPORT RequestId/)).toBeVisible();
  await expect(drawer.getByText(/ends at byte \d+, the file at 300000/)).toHaveCount(1);
  await expect(drawer.getByRole('definition').filter({ hasText: /^\d+ ms$/ })).not.toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'combined_data.json' })).toBeVisible();
  const [link] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'combined_data.json' }).click(),
  ]);
  const records = JSON.parse(await readFile(await link.path(), 'utf8')) as { data_path: string }[];
  expect(records.map((record) => record.data_path)).toEqual(
    [1, 2, 3, 4, 5].map((number) => expect.stringContaining(`e2e-bad/${number}.safetensors`)),
  );
});

test('a run of which no item left a record says so in the place of an empty table', async ({ page }) => {
  const key = 'datasets/e2e-none/1.safetensors';
  await writeObject(key, (await readObject('datasets/e2e-2MB/1.safetensors')).subarray(0, 300_000));
  const { runIds } = (await starmap('launch', '--dataset', 'starmap/datasets/e2e-none', '--json')) as {
    runIds: string[];
  };
  await page.goto(`/runs/${runIds[0]}`);
  const results = page.getByRole('region', { name: 'Results' });
  await expect(results.getByText('No item left a record.')).toBeVisible();
  await expect(results.getByRole('table')).toHaveCount(0);
});

test('a run can be stopped; what it had done stays', async ({ page }) => {
  await starmap(
    'dataset',
    '--size',
    '50MB',
    '--partition',
    '50kB',
    '--out',
    's3://starmap/datasets/e2e-many',
    '--json',
  );
  const { runIds } = (await starmap(
    'launch',
    '--dataset',
    'starmap/datasets/e2e-many',
    '--batch',
    '1',
    '--concurrency',
    '1',
    '--name',
    'To be stopped',
    '--json',
  )) as { runIds: string[] };
  await page.goto(`/runs/${runIds[0]}`);
  await expect(page.getByText(/\d+ succeeded/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  // A dashboard that does not answer is said in the dialog: it stays open, and the page with it.
  await page.evaluate(() => {
    const { fetch } = window;
    window.fetch = (input, init) => {
      if (init?.method !== 'POST') return fetch(input, init);
      window.fetch = fetch;
      return Promise.reject(new TypeError('Failed to fetch'));
    };
  });
  await page.getByRole('button', { name: /^Stop, leave/ }).click();
  await expect(page.getByRole('dialog').getByText('The server did not answer')).toBeVisible();
  await page.getByRole('button', { name: /^Stop, leave \d+ items? undone/ }).click();
  await expect(page.getByText('This run was stopped.')).toBeVisible();
  await expect(page.getByText('1,000 items', { exact: true })).toBeVisible();
  await expect(page.getByText(/^\d+ of 1,000$/)).toBeVisible();
  // The states after the map were not entered: a stop is no error that the workflow handles.
  await expect(page.getByText(/^SummarizeWhatIsThere \(Task\): not entered/).first()).toBeAttached();
});

test('an id that does not exist is said in words', async ({ page }) => {
  await page.goto('/settings');
  const response = await page.request.get('/runs/r-nothing-like-this');
  expect(response.status()).toBe(404);
  expect(await response.text()).not.toMatch(/at .*\.(ts|js):\d+/);
});
