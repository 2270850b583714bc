/** Reads a stream in pieces of wanted sizes. */
export interface ByteReader {
  /** The next bytes, left where they are: `count`, or fewer at the end. */
  peek(count: number): Promise<Uint8Array>;
  /** The next bytes, in aligned memory of their own; undefined where there are not so many. */
  take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends the stream early. */
  close(): Promise<void>;
}

export function openByteReader(stream: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async peek(count) {
      while (rest.length < count) {
        const next = await chunks.next();
        if (next.done) break;
        rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
      }
      return rest.subarray(0, count);
    },
    async take(count) {
      const piece = new Uint8Array(count);
      for (let filled = 0; filled < count; ) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done) return undefined;
          rest = next.value;
        }
        const taken = rest.subarray(0, count - filled);
        piece.set(taken, filled);
        filled += taken.length;
        rest = rest.subarray(taken.length);
      }
      return piece;
    },
    async close() {
      await chunks.return?.();
    },
  };
}
