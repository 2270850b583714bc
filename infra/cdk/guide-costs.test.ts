import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { priceRun } from '../../lib/domain/cost.ts';
import book from '../../lib/domain/price-book.json' with { type: 'json' };

const guide = readFileSync('infra/cdk/guide/scale.md', 'utf8');
/** Cells of the rows of the cost table. */
const rows = guide
  .slice(guide.indexOf('## What it costs'))
  .split('\n')
  .filter((line) => /^\|.*\$/.test(line))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
const numberIn = (cell = '') => Number(cell.replace(/[^\d.]/g, ''));

test.each(rows)('%s in %s items of %s at %s on %s costs what the guide says', (...cells) => {
  const [, items, seconds, memory, architecture, lambda, stepFunctions, others, total] = cells;
  const count = numberIn(items);
  const { lines, totalUsd } = priceRun({
    functions: [
      {
        label: 'inference',
        invocations: count,
        billedMs: count * numberIn(seconds) * 1000,
        memoryMb: numberIn(memory),
        ephemeralMb: 512,
        architecture: architecture as 'arm64' | 'x86_64',
        measured: true,
      },
    ],
    transitions: { parent: 3, childStarts: count, childStates: count },
    // As lib/server/run-usage.ts counts them: two results an item; model and partition read; both results joined.
    s3: { puts: 2 * count + 7, gets: 6 * count, lists: Math.ceil(count / 1000) * 7 },
    logBytes: 1_500 * count,
    published: { requests: count, durationMs: numberIn(seconds) * 1000, memoryUsedMb: numberIn(memory) },
  });
  const usd = (pattern: RegExp) =>
    lines.filter(({ label }) => pattern.test(label)).reduce((sum, line) => sum + line.usd, 0);
  const told = [usd(/^Lambda/), usd(/^Step Functions/), usd(/^(S3|CloudWatch)/), totalUsd];
  expect(told.map((each) => `$${each.toFixed(2)}`)).toEqual([lambda, stepFunctions, others, total]);
});

test('the table is there, with the date of the price book', () => {
  expect(rows.length).toBeGreaterThanOrEqual(4);
  expect(guide).toContain(`Prices of ${book.region}, ${book.date}`);
});
