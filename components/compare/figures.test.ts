import { expect, test } from 'vitest';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import { drawnAs, whyNothing } from './figures.ts';

const runs = (...batchSizes: number[]) => batchSizes.map((batchSize) => ({ settings: { batchSize } }) as ComparedRun);

test.each([
  [runs(), 'No complete runs are chosen.'],
  [runs(512, 512), 'All 2 runs have the same batch size (512): nothing to plot on this axis.'],
  [runs(512), 'One run, with batch size 512. A second batch size is needed to plot on this axis.'],
  [runs(32, 512), null],
])('%#', (chosen, why) => expect(whyNothing(chosen, 'batchSize')).toBe(why));

test('a link that is not understood draws the published charts', () => {
  const link = new URLSearchParams('time=modelLoopMs&rate=parsecs&x=memoryMb&y=constructor');
  expect(drawnAs((name) => link.get(name))).toEqual({
    time: 'modelLoopMs',
    rate: 'throughputBps',
    by: 'partitionSizeBytes',
    x: 'memoryMb',
    y: undefined,
  });
});
