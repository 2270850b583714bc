import { expect, test } from 'vitest';
import { comparePartitionKeys } from './partition-order.ts';

test('partitions are taken in the order people count in', () => {
  const keys = ['d/10.pt', 'd/2.pt', 'd/1.pt'];
  expect(keys.sort(comparePartitionKeys)).toEqual(['d/1.pt', 'd/2.pt', 'd/10.pt']);
});
