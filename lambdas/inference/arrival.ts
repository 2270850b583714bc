/**
 * How many rows of a batch have arrived, in memory that two threads share: the one that receives them tells, the one that
 * computes waits. Messages instead cost both of them more of the CPU than their thread-crossing is worth.
 */
export type Arrival = Int32Array<SharedArrayBuffer>;

/** Rows will not come: what the counter says instead of a number of rows. */
const FAILED = -1;

/** More than any input has. */
export const ALL_ROWS = 2 ** 31 - 1;

export const newArrival = (): Arrival => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** The first so many rows of the batch are there. */
export function tellRows(arrival: Arrival, rows: number): void {
  Atomics.store(arrival, 0, rows);
  Atomics.notify(arrival, 0);
}

/** No more rows will come. */
export const tellFailed = (arrival: Arrival): void => tellRows(arrival, FAILED);

/**
 * Blocks the thread until so many rows are there.
 * @returns for how long, ms.
 * @throws where they will not come.
 */
export function waitForRows(arrival: Arrival, rows: number): number {
  const startedMs = performance.now();
  for (let there = Atomics.load(arrival, 0); there < rows; there = Atomics.load(arrival, 0)) {
    if (there === FAILED) throw new Error('the rows of the batch did not arrive');
    Atomics.wait(arrival, 0, there);
  }
  return performance.now() - startedMs;
}
