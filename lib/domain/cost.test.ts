import { expect, test } from 'vitest';
import { leastCost, priceRun, publishedFormula, type RunUsage } from './cost.ts';

/** The published 12.6 GB run on 25 MB partitions: 517 invocations of 6.55 s. */
const usage = (memoryMb: number): RunUsage => ({
  functions: [
    {
      label: 'inference',
      invocations: 517,
      billedMs: 517 * 6550,
      memoryMb,
      ephemeralMb: 2048,
      architecture: 'x86_64',
      measured: true,
    },
  ],
  transitions: { parent: 3, childStarts: 517, childStates: 517 },
  s3: { puts: 1039, gets: 1551, lists: 2 },
  logBytes: 517 * 1500,
  published: { requests: 517, durationMs: 6550, memoryUsedMb: 2800 },
});
const usd = (memoryMb: number, label: string) =>
  priceRun(usage(memoryMb)).lines.find((line) => line.label.startsWith(label))?.usd;

test('the published formula gives the published figures', () => {
  expect(publishedFormula({ requests: 517, durationMs: 6550, memoryUsedMb: 2800 })).toBeCloseTo(0.16, 2);
  expect(publishedFormula({ requests: 259, durationMs: 11_800, memoryUsedMb: 4000 })).toBeCloseTo(0.2, 2);
  expect(publishedFormula({ requests: 173, durationMs: 17_600, memoryUsedMb: 5900 })).toBeCloseTo(0.3, 2);
  expect(publishedFormula({ requests: 130, durationMs: 26_900, memoryUsedMb: 7000 })).toBeCloseTo(0.41, 2);
});

test('Lambda bills the configured memory', () => {
  expect(usd(2.8 * 1024, 'Lambda compute')).toBeCloseTo(0.158, 4);
  expect(usd(10_240, 'Lambda compute')).toBeCloseTo(0.5644, 4);
});

test('each child of the map costs its start and its state', () => {
  expect(usd(10_240, 'Step Functions')).toBeCloseTo(0.025925, 6);
});

test('the least that a run costs is what is billed for its states, requests and objects', () => {
  const ofData = ['Lambda compute', 'Lambda /tmp', 'CloudWatch Logs'];
  const least = priceRun(usage(10_240)).lines.filter(({ label }) => !ofData.some((start) => label.startsWith(start)));
  const billed = least.reduce((sum, { usd }) => sum + usd, 0);
  expect(leastCost(517) / billed).toBeCloseTo(1, 2);
});

test('the lines add up to the total, and each shows its arithmetic', () => {
  const bill = priceRun(usage(10_240));
  expect(bill.totalUsd).toBeCloseTo(
    bill.lines.reduce((sum, line) => sum + line.usd, 0),
    12,
  );
  expect(bill.lines.map(({ label, arithmetic }) => `${label}: ${arithmetic}`)).toEqual([
    'Lambda compute: inference: 3,386.35 s billed × 10 GB configured = 33,863.5 GB-s × $0.0000166667',
    'Lambda requests: 517 × $0.0000002',
    'Lambda /tmp above 512 MB: 5,079.53 GB-s × $0.0000000309',
    'Step Functions transitions: (3 of the run + 517 items started + 517 item states) × $0.000025',
    'S3 requests: (1,039 PUT + 2 LIST) × $0.000005 + 1,551 GET × $0.0000004',
    'CloudWatch Logs: 776 kB ingested × $0.50 per GB',
  ]);
});

test('a small run is one of singulars and of kilobytes', () => {
  const small = priceRun({
    ...usage(2048),
    transitions: { parent: 3, childStarts: 1, childStates: 1 },
    logBytes: 380,
  });
  expect(small.lines.map(({ arithmetic }) => arithmetic)).toEqual(
    expect.arrayContaining([
      '(3 of the run + 1 item started + 1 item state) × $0.000025',
      '380 B ingested × $0.50 per GB',
    ]),
  );
});
