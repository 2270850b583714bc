import AxeBuilder from '@axe-core/playwright';
import { starmap } from './starmap.ts';
import { expect, test } from './test.ts';

let launched: { id: string; complete: boolean; runs: { id: string }[] };

test.beforeAll(async () => {
  launched = (await starmap(
    'launch',
    '--dataset',
    'starmap/datasets/e2e-1MB,starmap/datasets/e2e-2MB',
    '--size',
    '4MB,8MB',
    '--batch',
    '32,64',
    '--repeats',
    '2',
    '--name',
    'Charts',
    '--wait',
    '--json',
  )) as typeof launched;
});

test('the compare page has a line per partition size in every chart', async ({ page }) => {
  expect(launched.complete).toBe(true);
  await page.goto(`/compare?experiment=${launched.id}`);
  for (const title of [/inference time/i, /throughput/i, /cost/i])
    await expect(page.getByRole('heading', { name: title }).first()).toBeVisible();
  await expect(page.locator('.recharts-surface').first()).toBeVisible();
  expect(await page.locator('.recharts-line').count()).toBeGreaterThanOrEqual(8);
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [375, 1280]) {
    test(`every page is accessible and fits ${width} px, ${scheme}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({
        baseURL: baseURL ?? '',
        colorScheme: scheme,
        viewport: { width, height: 900 },
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      for (const path of [
        '/',
        '/experiments',
        `/experiments/${launched.id}`,
        '/runs',
        `/runs/${launched.runs[0]?.id}`,
        '/launch',
        `/compare?experiment=${launched.id}`,
        '/data',
        '/data/new',
        '/data/partition',
        '/data/models/new',
        `/data/model?id=${encodeURIComponent('starmap/models/photoz')}`,
        '/settings',
      ]) {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} is wider than the window by ${overflow} px`).toBeLessThanOrEqual(0);
        // A row without text stands for those of a long table that are not drawn.
        const heights = await page
          .locator('tbody tr')
          .filter({ hasText: /./ })
          .evaluateAll((rows) => rows.map((row) => row.clientHeight));
        const tallest = Math.max(0, ...heights);
        expect(tallest, `${path} has a row of ${tallest} px: a column is too narrow for its text`).toBeLessThan(160);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((violation) => `${path}: ${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);
        await expect(page.locator('main')).not.toContainText(/\bNaN\b|\bundefined\b|\bInfinity\b/);
      }
      await context.close();
    });
  }
}
