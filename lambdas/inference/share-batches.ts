import { type ModelLoad, unwatched } from './model-load.ts';
import type { BatchOutputs, ModelGraph, ModelSession } from './session.ts';
import type { SessionThread } from './session-thread.ts';
import { haveSamples, joinParts, newTurn, rowlessOutputs, sampleCount, sliceRows } from './slices.ts';

/** A thread that shares the work, when it has the model; undefined where it could not load it. */
export type Sharer = Promise<SessionThread | undefined>;

/**
 * Computes batches with the threads that have the model; one that is still loading it joins when it is ready.
 * @param sharers the first one computes what cannot be divided.
 * @param load only where it is high a batch is divided for several threads.
 * @param divisible whether a batch may be computed in slices.
 * @param sliceBytes that the inputs of a slice have at most.
 * @param fixedRows how many rows no slice has.
 * @param exactRows how many each slice has, where the graph takes no others.
 * @param hasTables whether an input cannot be sliced, even if it has as many rows as a batch has samples.
 */
export function shareBatches(
  sharers: Sharer[],
  load: ModelLoad,
  divisible: boolean,
  sliceBytes: number,
  { fixedRows, exactRows, hasTables }: Pick<ModelGraph, 'fixedRows' | 'exactRows' | 'hasTables'>,
): ModelSession['run'] {
  let isDivisible = divisible;
  let rowless: string[] = [];
  return async (feeds, wanted, arrival, whole) => {
    const count = sampleCount(feeds);
    const compute = async (by: Sharer[], rows: number, isExact = false): Promise<BatchOutputs | undefined> => {
      const request = { kind: 'compute', feeds, wanted, rows, isExact, arrival, turn: newTurn() } as const;
      // Who is done has found nothing left for others; who is still loading the model need not come any more.
      const done = Promise.withResolvers<undefined>();
      const batch = by.length > 1 ? load.begin() : unwatched;
      const share = async (sharer: Sharer, i: number) => {
        // Not raced with what stays open for longer than a batch: it would keep all of them.
        const there = i === 0 ? sharer : batch.help.then(() => sharer);
        const thread = await Promise.race([there, done.promise]);
        return thread ? [await thread.ask(request).finally(() => done.resolve(undefined))] : [];
      };
      const shares = by.map(share);
      try {
        const [replies] = await Promise.all([Promise.all(shares), whole]);
        const answers = replies.flat();
        batch.end(answers.reduce((sum, { computedMs }) => sum + computedMs, 0));
        const working = answers.filter(({ parts }) => parts.length > 0);
        const parts = working.flatMap((answer) => answer.parts);
        const outputs = joinParts(parts, count);
        if (!outputs) rowless = rowlessOutputs(parts);
        const waitedMs = working.reduce((sum, answer) => sum + answer.waitedMs, 0) / working.length;
        return outputs && { outputs, rowless, rows, waitedMs };
      } finally {
        batch.end(0);
        // The feeds are in use until then.
        await Promise.allSettled(shares);
      }
    };
    if (isDivisible) {
      const isExact = exactRows !== undefined && haveSamples(feeds);
      const sliced = hasTables ? count : sliceRows(feeds, sliceBytes, load.isHigh() ? sharers.length : 1, fixedRows);
      const rows = isExact ? exactRows : sliced;
      const done = await compute(sharers, rows, isExact);
      if (done) return done;
      if (isExact)
        throw new Error(`the graph takes ${rows} samples at once, and an output has not a row for each of them`);
      // Its outputs have no row per sample: this model gets whole batches from now on.
      isDivisible = false;
    }
    const done = await compute(sharers.slice(0, 1), count);
    if (!done) throw new Error('a whole batch came back in parts');
    return done;
  };
}
