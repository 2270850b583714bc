import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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
  await expect(page.getByText(/It fits: .* ran through/)).toBeVisible();
  // What was found is not of the dataset that is chosen then.
  await page.getByRole('combobox', { name: 'Dataset' }).click();
  await page.getByRole('option', { name: 'e2e-2MB' }).click();
  await expect(page.getByText(/It fits/)).toHaveCount(0);

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

/** The demo's package under a name of its own, in a folder of its own. */
function folderOf(name: string): string {
  const at = path.join(folder, name);
  mkdirSync(at);
  const [manifest = '', graph = ''] = packageWith(name, () => {});
  copyFileSync(manifest, path.join(at, 'model.json'));
  copyFileSync(graph, path.join(at, 'model.onnx'));
  return at;
}

test('of a folder only what lies directly in it is taken, as of one that is dropped', async ({ page }) => {
  const at = folderOf('nested');
  mkdirSync(path.join(at, 'archive'));
  writeFileSync(path.join(at, 'archive', 'model.json'), '{"name": "an old one"}');
  writeFileSync(path.join(at, 'archive', 'model.onnx'), 'an old graph');
  await page.goto('/data/models/new');
  await page.getByLabel('Folder', { exact: true }).setInputFiles(at);
  await expect(page.getByLabel('Name')).toHaveValue('nested');
  await expect(page.getByRole('list', { name: 'Picked files' }).getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('starmap/models/nested is ready.')).toBeVisible();
});

test('a file that was corrected after it was picked is to be picked again', async ({ page }) => {
  const at = folderOf('corrected');
  for (const [file, title] of [
    ['model.onnx', 'The model was not uploaded'],
    ['model.json', 'This cannot be uploaded yet'],
  ] as const) {
    // A page of its own for each: the name of the pick before would be there before this one was read.
    await page.goto('/data/models/new');
    await page.getByLabel('Folder', { exact: true }).setInputFiles(at);
    await expect(page.getByLabel('Name')).toHaveValue('corrected');
    appendFileSync(path.join(at, file), ' ');
    await page.getByRole('button', { name: 'Upload the model' }).click();
    await expect(page.getByRole('alert').filter({ hasText: title })).toContainText(
      `${file} was changed, moved or deleted since it was picked. Pick the files again.`,
    );
  }
});

test('a model.json too large to be one is refused without being read', async ({ page }) => {
  const at = folderOf('large');
  truncateSync(path.join(at, 'model.json'), 2 ** 30);
  await page.goto('/data/models/new');
  await page.getByLabel('Folder', { exact: true }).setInputFiles(at);
  await expect(page.getByText('model.json is larger than 1 MiB.')).toBeVisible();
});

test('a name that is taken is replaced only when that was said', async ({ page }) => {
  await page.goto('/data/models/new');
  await pick(
    page,
    packageWith('photoz', () => {}),
  );
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('There is a model package photoz already.', { exact: false })).toBeVisible();
  const replace = page.getByRole('checkbox', { name: 'Replace the model package photoz' });
  await expect(replace).not.toBeChecked();
  await replace.check();
  // Said of one name, it does not hold for the next.
  const name = page.getByLabel('Name');
  await name.fill('photoz-2');
  await name.fill('photoz');
  await expect(replace).toHaveCount(0);
  await page.getByRole('button', { name: 'Upload the model' }).click();
  await expect(page.getByText('There is a model package photoz already.', { exact: false })).toBeVisible();
  await expect(replace).not.toBeChecked();
});
