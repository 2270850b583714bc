import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './test.ts';

const DEMO = 'lambdas/models/photoz';
let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'starmap-e2e-model-'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Manifest = Record<string, unknown> & { inputs: { name: string; tensor: string }[] };

/** A copy of the demo's package with another model.json. @returns its files. */
function packageWith(name: string, change: (manifest: Manifest) => void): string[] {
  const manifest = JSON.parse(readFileSync(path.join(DEMO, 'model.json'), 'utf8')) as Manifest;
  Object.assign(manifest, { name });
  change(manifest);
  const file = path.join(folder, 'model.json');
  writeFileSync(file, JSON.stringify(manifest));
  return [file, path.join(DEMO, 'model.onnx')];
}

async function pick(page: Page, files: string[]): Promise<void> {
  await page.getByLabel('Files', { exact: true }).setInputFiles(files);
}

test('a model package is uploaded, listed, checked against a dataset, and deleted', async ({ page }) => {
  await page.goto('/data');
  await page.getByRole('link', { name: 'Upload a model' }).click();
  await pick(
    page,
    packageWith('My galaxies, second try', () => {}),
  );
  await expect(page.getByRole('list', { name: 'Picked files' })).toContainText('graph');
  await expect(page.getByLabel('Name')).toHaveValue('My-galaxies-second-try');
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('starmap/models/My-galaxies-second-try is ready.')).toBeVisible();

  await page.getByRole('link', { name: 'Check it against a dataset' }).click();
  await page.getByRole('button', { name: /^Check/ }).click();
  await expect(page.getByText(/fits/i).first()).toBeVisible();

  await page.goto('/data');
  const row = page.getByRole('table', { name: 'Models' }).getByRole('row', { name: /My galaxies, second try/ });
  await expect(row).toContainText('image, magnitude');
  await expect(row).toContainText('redshift');
  // An ETag's first digits.
  await expect(row.getByText(/^[0-9a-f]{8}$/)).toBeVisible();

  await row.getByRole('link').first().click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('button', { name: 'Delete the model' }).click();
  await expect(page).toHaveURL(/\/data$/);
  await expect(page.getByRole('table', { name: 'Models' })).not.toContainText('My galaxies, second try');
});

test('what is wrong with a package is said before and after the upload, and nothing of it is kept', async ({
  page,
}) => {
  await page.goto('/data/models/new');
  await pick(page, [path.join(DEMO, 'model.onnx')]);
  await expect(page.getByText('model.json is missing')).toBeVisible();

  await pick(
    page,
    packageWith('broken', (manifest) => {
      delete manifest.outputs;
    }),
  );
  await expect(page.getByText(/outputs/).first()).toBeVisible();

  await pick(
    page,
    packageWith('broken', ({ inputs }) => {
      if (inputs[0]) inputs[0].name = 'picture';
    }),
  );
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('The model was not installed')).toBeVisible();
  await expect(page.getByText(/picture/).first()).toBeVisible();

  await page.goto('/data');
  await expect(page.getByRole('table', { name: 'Models' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Models' })).not.toContainText('broken');
});

test('a name that is taken is replaced only when that was said', async ({ page }) => {
  await page.goto('/data/models/new');
  await pick(
    page,
    packageWith('photoz', () => {}),
  );
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('There is a model package photoz already.', { exact: false })).toBeVisible();
  await expect(page.getByLabel('Replace the model package photoz')).not.toBeChecked();
});
