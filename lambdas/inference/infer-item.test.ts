import { setImmediate } from 'node:timers/promises';
import { parquetMetadata } from 'hyparquet';
import { ParquetWriter } from 'hyparquet-writer';
import { afterAll, expect, test, vi } from 'vitest';
import { context, startHandlers } from '../handlers.fixture.ts';
import { type ModelThreads, startModelThreads } from './model-threads.ts';

const { stop, put, putModel, read, inferOne } = await startHandlers();
// It looks at the environment when it is loaded.
const { openInference } = await import('./function.ts');
const threads = startModelThreads(1);
afterAll(async () => {
  await threads.close();
  await stop();
});

/** The real threads, but a batch goes on being computed, after a call of `onHeld`, until it is said. @param number counts from 1. */
function holdBatch(number: number, onHeld: () => void, until: Promise<void>): ModelThreads {
  let batches = 0;
  return {
    ...threads,
    async open(graph, divisible) {
      const { session, settled } = await threads.open(graph, divisible);
      const run: typeof session.run = async (...batch) => {
        batches += 1;
        const isHeld = batches === number;
        const done = await session.run(...batch);
        if (isHeld) {
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
  const infer = openInference(holdBatch(2, held.resolve, end.promise), 1);
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

test('while the last batch is computed the rows of those before are written', async () => {
  const { planned, item } = await inferOne('galaxies.safetensors');
  const held = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const infer = openInference(holdBatch(3, held.resolve, end.promise), 1);
  const write = vi.spyOn(ParquetWriter.prototype, 'write');
  const done = infer({ ...item, run: planned.run }, context);
  await held.promise;
  await vi.waitFor(() => expect(write).toHaveBeenCalledOnce());
  end.resolve();
  await done;
  const file = await read(`${planned.run.result_path}/predictions/0.parquet`);
  const { row_groups } = parquetMetadata(new Uint8Array(file).buffer);
  expect(row_groups.map((group) => Number(group.num_rows))).toEqual([6, 1]);
});
