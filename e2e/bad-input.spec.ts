import { expect, test } from './test.ts';

for (const [typed, message] of [
  ['0', /from 1 to 100,000/],
  ['1000000000', /from 1 to 100,000/],
  ['abc', /whole number/],
] as const) {
  test(`batch size ${typed} is told at the field, and nothing typed is lost`, async ({ page }) => {
    await page.goto('/launch');
    await page.getByLabel('Name').fill('My name stays');
    await page.getByRole('checkbox', { name: 'e2e-1MB' }).check();
    const batch = page
      .getByRole('combobox', { name: 'Batch size' })
      .or(page.getByRole('textbox', { name: 'Batch size' }))
      .first();
    await batch.press('Backspace');
    await batch.fill(typed);
    await batch.press('Enter');
    await page.getByRole('button', { name: /^Launch/ }).click();
    const list = page.getByRole('region', { name: 'What is to be corrected' });
    await expect(list).toContainText(message);
    await expect(page.locator('#launch-batchSizes-error')).toContainText(message);
    await expect(page.getByLabel('Name')).toHaveValue('My name stays');
    await expect(page).toHaveURL(/\/launch/);
  });
}

for (const [place, message] of [
  ['s3://no-such-bucket-here/datasets/x', /no-such-bucket-here/],
  ['s3://starmap/no/such/prefix', /no\/such\/prefix/],
] as const) {
  test(`a dataset at ${place} is refused with its name and what to do`, async ({ page }) => {
    await page.goto('/launch');
    await page.getByRole('button', { name: 'Another place in S3' }).click();
    await page.getByLabel('Bucket and prefix of the dataset').fill(place);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: /^Launch/ }).click();
    await expect(page.getByRole('region', { name: 'What is to be corrected' })).toContainText(message);
    await expect(page.locator('body')).not.toContainText(/at .*\.(ts|js):\d+/);
  });
}

test('an address that names two experiments or datasets is read as its last', async ({ page }) => {
  await page.goto('/launch?from=e-1&from=e-2');
  await expect(page.locator('#content').getByText('There is no run or experiment e-2 to copy')).toBeVisible();
  await page.goto('/launch?dataset=starmap/datasets/e2e-1MB&dataset=starmap/datasets/e2e-2MB');
  await expect(page.getByRole('checkbox', { name: 'e2e-2MB' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'e2e-1MB' })).not.toBeChecked();
});
