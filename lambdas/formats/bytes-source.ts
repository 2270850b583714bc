import type { ObjectSource, Place } from '../s3/object-source.ts';

/** A file in memory as an object: for tests. It comes in pieces, as a network delivers them. */
export function bytesSource(key: string, bytes: Uint8Array, pieceBytes = 97): ObjectSource {
  async function* stream(start: number, end: number, place?: Place) {
    for (let at = start; at < end; ) {
      const piece = bytes.subarray(at, Math.min(at + pieceBytes, end));
      const into = place?.().subarray(0, piece.length);
      into?.set(piece.subarray(0, into.length));
      yield into ?? piece;
      at += into?.length ?? piece.length;
    }
  }
  const read = async (start: number, end: number) => new Uint8Array(bytes.subarray(start, end));
  const releases: (() => void)[] = [];
  return {
    key,
    sizeBytes: bytes.length,
    read,
    stream,
    prefetchTail() {},
    onClose: (release) => void releases.push(release),
    async close() {
      for (const release of releases.splice(0)) release();
    },
  };
}

/** All chunks in one, aligned memory of its own. */
export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk.slice());
  return new Uint8Array(Buffer.concat(pieces));
}
