/** Reads a stream in pieces of wanted sizes. */
export interface ByteReader {
  /** How many of the next bytes lie together; 0 at the end. */
  ready(): Promise<number>;
  /** The next bytes, left where they are: `count`, or fewer at the end. */
  peek(count: number): Promise<Uint8Array>;
  /** The next bytes, in aligned memory of their own or of `place`; undefined where there are not so many. */
  take(count: number, place?: (count: number) => Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Copies the next bytes into memory of the caller. @returns whether there were enough to fill it. */
  takeInto(memory: Uint8Array): Promise<boolean>;
  /**
   * The next bytes, valid until more are asked for, wherever they lie; undefined where there are not so many.
   * @param place gives memory for those that do not lie together.
   */
  view(count: number, place?: (count: number) => Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined>;
  /** Passes over the next bytes. @returns whether there were so many. */
  skip(count: number): Promise<boolean>;
  /** Ends the stream early. */
  close(): Promise<void>;
}

const NOTHING = new Uint8Array(0);

export function openByteReader(stream: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = NOTHING;
  // An empty view would keep the memory of its chunk.
  const drop = (count: number) => {
    rest = count === rest.length ? NOTHING : rest.subarray(count);
  };
  async function ready(): Promise<number> {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done) return 0;
      rest = next.value;
    }
    return rest.length;
  }
  async function takeInto(memory: Uint8Array): Promise<boolean> {
    for (let filled = 0; filled < memory.length; ) {
      if ((await ready()) === 0) return false;
      const taken = rest.subarray(0, memory.length - filled);
      memory.set(taken, filled);
      filled += taken.length;
      drop(taken.length);
    }
    return true;
  }
  const ownMemory = (count: number) => new Uint8Array(count);
  async function take(count: number, place = ownMemory): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = place(count);
    return (await takeInto(piece)) ? piece : undefined;
  }
  return {
    ready,
    async peek(count) {
      while (rest.length < count) {
        // The stream may put its next chunk where this one lies.
        const before = rest.slice();
        const next = await chunks.next();
        rest = before;
        if (next.done) break;
        rest = before.length === 0 ? next.value : Buffer.concat([before, next.value]);
      }
      return rest.subarray(0, count);
    },
    take,
    takeInto,
    async view(count, place) {
      if (rest.length < count) return take(count, place);
      const piece = rest.subarray(0, count);
      drop(count);
      return piece;
    },
    async skip(count) {
      for (let left = count; left > 0; ) {
        if ((await ready()) === 0) return false;
        const passed = Math.min(left, rest.length);
        drop(passed);
        left -= passed;
      }
      return true;
    },
    async close() {
      await chunks.return?.();
    },
  };
}
