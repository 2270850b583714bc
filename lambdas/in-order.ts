/**
 * Works on up to `limit` inputs at a time and yields the results in the order of the inputs. Inputs are taken only as
 * results are consumed, so never more than `limit` of either are in memory.
 */
export async function* inOrder<In, Out>(
  inputs: AsyncIterable<In> | Iterable<In>,
  limit: number,
  work: (input: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const running: Promise<Out>[] = [];
  for await (const input of inputs) {
    const result = work(input);
    // It is awaited when its turn comes; until then a failure must not count as unhandled.
    result.catch(() => {});
    running.push(result);
    if (running.length >= limit) yield await (running.shift() as Promise<Out>);
  }
  for (const result of running) yield await result;
}
