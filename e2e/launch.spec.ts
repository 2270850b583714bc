import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { floatTensor, readObject } from './s3.ts';
import { expect, test } from './test.ts';

test('the whole job: form, progress, COMPLETE, charts, both downloads hold what the partitions hold', async ({
  page,
}) => {
  await page.goto('/launch');
  await page.getByLabel('Name').fill('End to end');
  await page.getByRole('checkbox', { name: 'e2e-1MB' }).check();
  await page.getByRole('checkbox', { name: 'e2e-2MB' }).uncheck();
  // One after the other, so that the run is still on when its page is there.
  await page.getByLabel('Concurrency').fill('1');
  await page.getByRole('button', { name: 'Launch 1 run' }).click();
  await expect(page).toHaveURL(/\/runs\/.+/);

  const seen = await succeededUntilComplete(page);
  expect(
    seen.filter((items) => items > 0 && items < 40),
    `numbers of succeeded items seen: ${seen.join(', ')}`,
  ).not.toEqual([]);
  await expect(page.getByText('COMPLETE 40/40').first()).toBeVisible();

  const records = JSON.parse((await download(page, 'combined_data.json')).toString()) as Record<string, unknown>[];
  expect(records.map((record) => record.rank)).toEqual(Array.from({ length: 40 }, (_, rank) => rank));
  expect(Object.keys(records[0] ?? {})).toEqual(
    expect.arrayContaining([
      'total_cpu_time (seconds)',
      'total_cpu_memory (MB)',
      'execution_time (seconds/batch)',
      'num_batches',
      'batch_size',
      'device',
      'throughput_bps',
      'sample_persec',
      'result_path',
      'data_path',
      's3_num_requests',
      's3_total_time',
    ]),
  );

  const [head, ...rows] = (await download(page, 'predictions.csv')).toString().trimEnd().split('\n');
  const columns = (head ?? '').split(',');
  expect(columns).toEqual(expect.arrayContaining(['source', 'row', 'id', 'redshift_pred', 'redshift']));
  expect(rows).toHaveLength(records.reduce((sum, record) => sum + Number(record.samples), 0));
  const of = (row: string, column: string) => row.split(',')[columns.indexOf(column)] ?? '';
  for (const number of [1, 2, 40]) {
    const key = `datasets/e2e-1MB/${number}.safetensors`;
    const truth = floatTensor(await readObject(key), 'redshift');
    const mine = rows.filter((row) => of(row, 'source').endsWith(key));
    expect(mine.map((row) => Math.fround(Number(of(row, 'redshift'))))).toEqual([...truth]);
  }
  const errors = rows.map((row) => Math.abs(Number(of(row, 'redshift_pred')) - Number(of(row, 'redshift'))));
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.04);

  await page.goto('/compare');
  await expect(page.getByRole('heading', { name: 'Compare' })).toBeVisible();
});

test('a reload in the middle loses nothing, and the list shows the same run', async ({ page }) => {
  await page.goto('/launch');
  await page.getByLabel('Name').fill('Reloaded');
  await page.getByRole('checkbox', { name: 'e2e-1MB' }).check();
  await page.getByRole('checkbox', { name: 'e2e-2MB' }).uncheck();
  await page.getByRole('button', { name: 'Launch 1 run' }).click();
  await expect(page).toHaveURL(/\/runs\/.+/);
  await page.reload();
  await expect(page.getByText('COMPLETE 40/40').first()).toBeVisible();
  await page.goto('/runs');
  await expect(page.getByRole('row').filter({ hasText: 'Reloaded' }).getByText('COMPLETE 40/40')).toBeVisible();
});

/** Every number of succeeded items that the page shows until the run is complete. */
async function succeededUntilComplete(page: Page): Promise<number[]> {
  const handle = await page.waitForFunction(() => {
    const kept = window as unknown as { succeeded?: Set<number> };
    kept.succeeded ??= new Set();
    const count = /(\d+) succeeded/.exec(document.body.textContent)?.[1];
    if (count) kept.succeeded.add(Number(count));
    return document.body.textContent.includes('COMPLETE 40/40') ? [...kept.succeeded] : null;
  });
  return (await handle.jsonValue()) as number[];
}

async function download(page: Page, name: string): Promise<Buffer> {
  const started = page.waitForEvent('download');
  await page.getByRole('link', { name }).click();
  return readFileSync(await (await started).path());
}
