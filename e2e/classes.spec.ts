import { readFileSync } from 'node:fs';
import { floatTensor, readObject, writeObject } from './s3.ts';
import { starmap } from './starmap.ts';
import { expect, test } from './test.ts';

const FIRST_LABEL = 1_237_650_000_000;
const labelOf = (redshift: number) => FIRST_LABEL + Math.floor(redshift * 60);

/** Galaxies of another dataset with a class in the place of the id, and a model that predicts it. */
async function makeClasses(): Promise<void> {
  const file = await readObject('datasets/e2e-1MB/1.safetensors');
  const redshifts = floatTensor(file, 'redshift');
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
  const ids = 8 + headerBytes + header.id.data_offsets[0];
  for (const [i, redshift] of redshifts.entries()) file.writeBigInt64LE(BigInt(labelOf(redshift)), ids + 8 * i);
  await writeObject('datasets/classes/1.safetensors', file);

  const manifest = JSON.parse(readFileSync('lambdas/models/photoz/model.json', 'utf8'));
  const { id: _, ...described } = manifest;
  const truth = [{ column: 'class_pred', tensor: 'id' }];
  const changes = { name: 'classes', script: 'classes.mjs', outputs: [{ column: 'class_pred' }], truth };
  await writeObject('models/classes/model.onnx', readFileSync('lambdas/models/photoz/model.onnx'));
  await writeObject(
    'models/classes/classes.mjs',
    Buffer.from(`export const postprocess = (outputs) => {
      const { data } = Object.values(outputs)[0];
      return { class_pred: BigInt64Array.from(data, (z) => BigInt(${FIRST_LABEL} + Math.floor(z * 60))) };
    };`),
  );
  await writeObject('models/classes/model.json', Buffer.from(JSON.stringify({ ...described, ...changes })));
}

// The forms of later tests offer what there is.
test.afterAll(async () => {
  await starmap('model', 'delete', 's3://starmap/models/classes', '--yes', '--json');
  await starmap('dataset', 'delete', 's3://starmap/datasets/classes', '--yes', '--json');
});

test('many classes with long labels are readable on a phone, in the dark, and when scrolled', async ({ page }) => {
  await makeClasses();
  const launched = (await starmap(
    ...['launch', '--dataset', 'starmap/datasets/classes', '--model', 'starmap/models/classes', '--wait', '--json'],
  )) as { runs: { id: string }[] };
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 375, height: 800 });
  await page.goto(`/runs/${launched.runs[0]?.id}`);
  const table = page.getByRole('region', { name: 'Predicted against true labels' });
  await expect(table.getByRole('columnheader').nth(12)).toBeAttached();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);

  expect(await table.locator('td').evaluateAll(leastContrast)).toBeGreaterThanOrEqual(4.5);

  await table.evaluate((region) => region.scrollTo(region.scrollWidth, region.scrollHeight));
  const [frame, last, corner] = await Promise.all([
    table.boundingBox(),
    table.getByRole('columnheader').last().boundingBox(),
    table.getByRole('rowheader').last().boundingBox(),
  ]);
  expect(last?.y).toBeCloseTo(frame?.y ?? 0, -1);
  expect(corner?.x).toBeCloseTo(frame?.x ?? 0, -1);
});

/** The least of WCAG's contrast between a cell's text and what is painted behind it. Runs in the page, by itself. */
function leastContrast(cells: Element[]): number {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!canvas) throw new Error('no canvas');
  /** Of what the colours make, each painted over those before. */
  const luminance = (colors: string[]) => {
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrasts = cells.map((cell) => {
    const layers: string[] = [];
    for (let at: Element | null = cell; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    const behind = luminance(layers);
    const text = luminance([getComputedStyle(cell).color]);
    return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
  });
  return Math.min(...contrasts);
}
