import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { context, startHandlers } from '../handlers.fixture.ts';
import { type ModelThreads, startModelThreads } from './model-threads.ts';

const { stop, put, putModel, inferOne } = await startHandlers();
// It looks at the environment when it is loaded.
const { openInference } = await import('./function.ts');
const threads = startModelThreads(1);
afterAll(async () => {
  await threads.close();
  await stop();
});

/** The real threads, but the second batch goes on being computed, after a call of `onHeld`, until it is said. */
function holdSecond(onHeld: () => void, until: Promise<void>): ModelThreads {
  let batches = 0;
  return {
    ...threads,
    async open(graph, divisible) {
      const { session, settled } = await threads.open(graph, divisible);
      const run: typeof session.run = async (...batch) => {
        batches += 1;
        const isSecond = batches === 2;
        const done = await session.run(...batch);
        if (isSecond) {
          onHeld();
          await until;
        }
        return done;
      };
      return { session: { ...session, run }, settled };
    },
  };
}

test('an item fails when nothing of it is computed any more: the next one uses the same threads and memory', async () => {
  await putModel('models/failing', { script: 'steps.mjs' });
  await put('models/failing/steps.mjs', 'export function postprocess() { throw new Error("no"); }');
  const { planned, item } = await inferOne('galaxies.safetensors', { S3_object_name: 'models/failing' });
  const held = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let hasFailed = false;
  const infer = openInference(holdSecond(held.resolve, end.promise), 1);
  const done = infer({ ...item, run: planned.run }, context).finally(() => {
    hasFailed = true;
  });
  done.catch(() => {});
  await held.promise;
  for (let turn = 0; turn < 1000; turn++) await setImmediate();
  expect(hasFailed).toBe(false);
  end.resolve();
  await expect(done).rejects.toMatchObject({ name: 'ScriptFailed' });
});
