import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { layoutSafetensors } from '../lib/domain/safetensors.ts';
import { writeObject } from './s3.ts';
import { expect, test } from './test.ts';

let folder: string;
let source: string;

/** 300 MB, so that there is time to stop it. */
test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'starmap-e2e-partition-'));
  source = path.join(folder, 'galaxies.safetensors');
  const samples = 75_000;
  writeFileSync(source, layoutSafetensors([{ name: 'image', dtype: 'F32', shape: [samples, 1000] }]).header);
  const rows = new Uint8Array(new Float32Array(1000 * 1000).map((_, i) => i).buffer);
  for (let first = 0; first < samples; first += 1000) appendFileSync(source, rows);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a file is split, stopped, continued and verified; what does not fit is said at its field', async ({ page }) => {
  await page.goto('/data');
  await page.getByRole('link', { name: 'Split your data' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Split your data' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

  const sourceField = page.getByRole('textbox', { name: 'Source', exact: true });
  await sourceField.fill(path.join(folder, 'nothing.npz'));
  await page.getByRole('button', { name: 'Split' }).click();
  const panel = page.getByRole('region', { name: 'Split', exact: true });
  await expect(sourceField).toHaveAttribute('aria-invalid', 'true');
  await expect(sourceField).toHaveAccessibleDescription(/there is no such file or folder/);
  // Said once: above the form stands the way to the field.
  await expect(panel.getByText('there is no such file or folder')).toHaveCount(1);
  await panel.getByRole('alert').getByRole('link', { name: 'Source' }).click();
  await expect(sourceField).toBeFocused();

  // The remedy is in the words of the form.
  await sourceField.fill(path.resolve('lambdas/testdata/stored.npz'));
  await page.getByRole('button', { name: 'Split' }).click();
  await expect(panel.getByRole('alert')).toContainText('To be corrected: Size of one partition');
  await expect(panel.getByRole('combobox', { name: 'Size of one partition' })).toHaveAccessibleDescription(
    /choose a smaller size, or 7 in "Samples of one partition"/,
  );

  await sourceField.fill(source);
  await page.getByRole('textbox', { name: 'Name' }).fill('e2e-split');
  await page.getByRole('combobox', { name: 'Size of one partition' }).fill('1MB');
  await page.getByRole('button', { name: 'Split' }).click();
  await expect(page.getByRole('progressbar', { name: 'Splitting into starmap/datasets/e2e-split' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  const stopped = page.getByText(/Stopped with \d+ of 302 partitions/);
  await expect(stopped).toBeVisible();
  const [, written] = /with (\d+)/.exec((await stopped.textContent()) ?? '') ?? [];
  // As many as there are, beside the state.
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByRole('button', { name: `Discard ${Number(written) + 1} files` })).toBeVisible();
  await page.getByRole('button', { name: 'Keep it' }).click();

  // Half of it is no dataset; after a reload it can be continued.
  await page.goto('/data');
  await expect(page.getByRole('region', { name: 'Datasets' })).toContainText('e2e-1MB');
  await expect(page.getByRole('region', { name: 'Datasets' })).not.toContainText('e2e-split');
  await page.goto('/data/partition');
  await expect(sourceField).toHaveValue(source);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(
    page.getByText(/starmap\/datasets\/e2e-split is ready: 302 partitions .* Every byte was read back/),
  ).toBeVisible({
    timeout: 60_000,
  });
  await page.getByRole('link', { name: 'Its partitions' }).click();
  await expect(page.getByText('1.safetensors', { exact: true }).first()).toBeVisible();
});

test('one that failed is told from one that was interrupted, and discarded after saying what goes', async ({
  page,
}) => {
  const put = (key: string, text: string) => writeObject(`datasets/${key}`, new TextEncoder().encode(text));
  const state = {
    version: 1,
    asked: '/data/galaxies.npz',
    source: [],
    cut: { sizeBytes: 25e6, text: '25MB' },
    tensors: null,
    wanted: null,
    format: 'npz',
    partitions: 8,
    done: [],
  };
  const problem = ['/data/galaxies.npz was changed while it was split; begin anew with ', { option: 'overwrite' }];
  await put('e2e-failed/1.npz', 'half');
  await put('e2e-failed/partition-state.json', JSON.stringify({ ...state, problem }));
  await put('e2e-interrupted/partition-state.json', JSON.stringify(state));

  await page.goto('/data/partition');
  const list = page.getByRole('region', { name: 'Unfinished' }).getByRole('listitem');
  const failed = list.filter({ hasText: 'e2e-failed' });
  await expect(failed).toContainText(/Failed.*begin anew with "Replace the dataset of that name, if there is one"/s);
  await expect(list.filter({ hasText: 'e2e-interrupted' })).toContainText('Interrupted');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

  await failed.getByRole('button', { name: 'Discard' }).click();
  const dialog = page.getByRole('dialog', { name: 'Discard this unfinished dataset?' });
  await expect(dialog).toContainText('s3://starmap/datasets/e2e-failed/ goes: 2 files');
  await dialog.getByRole('button', { name: 'Discard 2 files' }).click();
  await expect(failed).toHaveCount(0);
  await page.reload();
  await expect(list.filter({ hasText: 'e2e-interrupted' })).toBeVisible();
  await expect(failed).toHaveCount(0);
});
