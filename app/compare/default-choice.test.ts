import { expect, test } from 'vitest';
import type { ExperimentRow } from '@/lib/domain/experiment-row.ts';
import { defaultChoice } from './default-choice.ts';

const experiment = (id: string, complete: number, datasets = ['b/a'], model = 'b/m') =>
  ({ id, complete, form: { datasets, model } }) as ExperimentRow;

test('the latest experiment comes with the others of its study', () => {
  const experiments = [
    experiment('running', 0),
    experiment('batches', 5),
    experiment('other data', 9, ['b/z']),
    experiment('other model', 9, ['b/a'], 'b/n'),
    experiment('sizes', 4, ['b/a', 'b/c']),
  ];
  expect(defaultChoice(experiments)).toEqual(['batches', 'sizes']);
});

test('without results the latest experiment says what it waits for', () => {
  expect(defaultChoice([experiment('running', 0), experiment('queued', 0)])).toEqual(['running']);
  expect(defaultChoice([])).toEqual([]);
});
