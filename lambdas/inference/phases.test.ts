import { expect, test } from 'vitest';
import { startPhases } from './phases.ts';

test('what an asynchronous script works on counts as decode while it is waited for, and not while a batch is running', async () => {
  let nowMs = 0;
  const clock = startPhases(
    () => nowMs,
    () => 0,
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  clock.enter('fetch');
  pass(1);
  const script = Promise.withResolvers<string>();
  const first = clock.feeding(() => {
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
  const second = clock.feeding(() => next.promise);
  pass(20);
  clock.countAs('fetch', 5);
  clock.enter('fetch');
  pass(200);
  next.reject(new Error('it throws'));
  await expect(second).rejects.toThrow('it throws');
  pass(1);

  const { phasesMs: phases, loopMs } = clock.stop(7);
  expect(loopMs).toBe(17 + 310);
  expect(phases).toMatchObject({ init: 7, fetch: 8, decode: 310, inference: 17 });
  expect(Object.values(phases).reduce((sum, ms) => sum + ms, 0)).toBe(nowMs + 7);
});

test('of a file that has to be decoded, fetch is what S3 is waited for with nothing else to do', async () => {
  let [nowMs, idleMs] = [0, 0];
  const clock = startPhases(
    () => nowMs,
    () => idleMs,
  );
  const work = (ms: number) => {
    nowMs += ms;
  };
  const wait = (ms: number) => {
    nowMs += ms;
    idleMs += ms;
  };
  const read = async () => {
    const answer = Promise.withResolvers<void>();
    const receiving = clock.receiving(() => answer.promise);
    wait(10);
    // Another column is decoded meanwhile.
    work(5);
    answer.resolve();
    await receiving;
    work(100);
    // Unpacked by another thread.
    wait(20);
  };
  clock.enter('fetch');
  await read();
  clock.decodesFile(true);
  clock.enter('inference');
  work(1);
  // Half of the time in which the model waits for rows goes into decoding them.
  const answer = Promise.withResolvers<void>();
  const receiving = clock.receiving(() => answer.promise);
  wait(20);
  answer.resolve();
  await receiving;
  work(19);
  clock.countAs('fetch', 30);
  clock.enter('write');

  const { phasesMs, loopMs } = clock.stop(0);
  expect(phasesMs).toMatchObject({ fetch: 10 + 15, decode: 125 + 15, inference: 10 });
  expect(loopMs).toBe(10);
  expect(Object.values(phasesMs).reduce((sum, ms) => sum + ms, 0)).toBe(nowMs);
});

test('bytes that are used as they are stored count as fetch, also what receiving them takes', async () => {
  let nowMs = 0;
  const clock = startPhases(
    () => nowMs,
    () => 0,
  );
  clock.decodesFile(false);
  clock.enter('fetch');
  nowMs += 50;
  clock.enter('inference');
  expect(clock.stop(0).phasesMs).toMatchObject({ fetch: 50, decode: 0 });
});
