import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

test('results come in the order of the inputs, at most so many at a time', async () => {
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const results = inOrder([0, 1, 2, 3, 4, 5, 6], 3, async (n) => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running--;
    return n;
  });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const n of results) seen.push(n);
  })();
  while (seen.length < 7) {
    // The last one to start is the first to end.
    waiting.pop()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await reading;
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
});

test('a failure reaches the consumer', async () => {
  const results = inOrder([1, 2], 2, async (n) => {
    if (n === 2) throw new Error('no');
    return n;
  });
  expect((await results.next()).value).toBe(1);
  await expect(results.next()).rejects.toThrow('no');
});
