import { expect, test } from 'vitest';
import { checkCompleteness, completenessState, type FoundResult } from './completeness.ts';

const items = [0, 1, 2].map((rank) => ({
  rank,
  partitions: [{ bucket: 'b', key: `d/${rank}.safetensors`, size_bytes: 100, etag: 'e' }],
}));
const expected = { items: 3, partitions: 3, bytes: 300, samples: 30 };
const result = (rank: number, key = `d/${rank}.safetensors`): FoundResult => ({
  rank,
  keys: [key],
  samples: 10,
  bytes: 100,
});

test('all there once', () => {
  const report = checkCompleteness(
    expected,
    items,
    [0, 1, 2].map((rank) => result(rank)),
  );
  expect(report).toMatchObject({
    complete: true,
    found: { items: 3, partitions: 3, samples: 30, bytes: 300 },
    missing: [],
  });
  expect(completenessState(report)).toBe('COMPLETE');
});

test('one missing is named with its rank', () => {
  const report = checkCompleteness(expected, items, [result(0), result(2)]);
  expect(report).toMatchObject({ complete: false, missing: [{ rank: 1, key: 'd/1.safetensors' }] });
  expect(completenessState(report)).toBe('INCOMPLETE');
});

test('a partition counted twice hides no missing one', () => {
  const report = checkCompleteness(expected, items, [result(0), result(1), result(2, 'd/1.safetensors')]);
  expect(report).toMatchObject({ complete: false, duplicates: ['d/1.safetensors'], missing: [{ rank: 2 }] });
});

test('a result of another dataset is foreign', () => {
  const report = checkCompleteness(expected, items, [
    result(0),
    result(1),
    result(2),
    result(3, 'other/9.safetensors'),
  ]);
  expect(report).toMatchObject({ complete: false, foreign: ['other/9.safetensors'] });
});

test('fewer samples than the dataset promises', () => {
  const short = [result(0), result(1), { ...result(2), samples: 9 }];
  expect(checkCompleteness(expected, items, short).complete).toBe(false);
  expect(checkCompleteness({ ...expected, samples: null }, items, short).complete).toBe(true);
});

test('nobody has counted yet', () => expect(completenessState(null)).toBe('PENDING'));
