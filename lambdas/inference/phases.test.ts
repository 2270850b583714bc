import { expect, test } from 'vitest';
import { startPhases } from './phases.ts';

test('what an asynchronous script works on counts as decode while it is waited for, and not while a batch is running', async () => {
  let nowMs = 0;
  const clock = startPhases(() => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  clock.enter('fetch');
  pass(1);
  const script = Promise.withResolvers<string>();
  const first = clock.decoding(() => {
    pass(10);
    return script.promise;
  });
  pass(100);
  script.resolve('made');
  expect(await first).toBe('made');
  pass(1);

  // The next batch is made ready while this one is running, and takes longer.
  clock.enter('inference');
  pass(2);
  const next = Promise.withResolvers<void>();
  const second = clock.decoding(() => next.promise);
  pass(20);
  clock.countAs('fetch', 5);
  clock.enter('fetch');
  pass(200);
  next.reject(new Error('it throws'));
  await expect(second).rejects.toThrow('it throws');
  pass(1);

  const phases = clock.stop(7);
  expect(phases).toMatchObject({ init: 7, fetch: 8, decode: 310, inference: 17 });
  expect(Object.values(phases).reduce((sum, ms) => sum + ms, 0)).toBe(nowMs + 7);
});
