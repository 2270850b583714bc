import { newArrival, tellRows } from './arrival.ts';
import { largestDifference } from './largest-difference.ts';
import type { ModelSession } from './session.ts';
import { haveSamples, rowsOf, sampleCount } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

type Tensors = Record<string, TensorValue>;

/**
 * How far the outputs of the same samples are apart when they are computed beside others: of any output of floats the
 * largest difference, by the largest value in it. Where samples do not interact that is what floats are rounded by.
 * @param feeds a batch.
 */
export async function interaction(session: ModelSession, wanted: string[], feeds: Tensors): Promise<number> {
  const count = sampleCount(feeds);
  // An odd number, so that slices begin elsewhere too.
  const start = Math.floor(count / 2) | 1;
  if (start >= count || session.hasTables || !haveSamples(feeds)) return 0;
  const beside = await computeWhole(session, wanted, feeds, count);
  const later = await computeWhole(session, wanted, rowsOf(feeds, start, count), count - start);
  // What has no row per sample is a script's own business.
  const compared = Object.entries(beside).filter(
    ([name, { type, shape }]) =>
      type.startsWith('float') && shape[0] === count && later[name]?.shape[0] === count - start,
  );
  return largestDifference(later, rowsOf(Object.fromEntries(compared), start, count));
}

async function computeWhole(session: ModelSession, wanted: string[], feeds: Tensors, rows: number): Promise<Tensors> {
  const arrival = newArrival();
  tellRows(arrival, rows);
  return (await session.run(feeds, wanted, arrival, Promise.resolve())).outputs;
}
