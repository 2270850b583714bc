/** Four bits that say "and more": the length goes on in the bytes that follow. */
const MORE = 15;
const LEAST_MATCH = 4;

/**
 * Unpacks a block of LZ4 into memory of just its length.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * @throws RangeError where it is no such block, or unpacks to another length.
 */
export function unpackLz4(block: Uint8Array, output: Uint8Array): void {
  let at = 0;
  let filled = 0;
  const next = () => {
    const byte = block[at++];
    if (byte === undefined) throw new RangeError(`the LZ4 block ends after ${filled} of ${output.length} bytes`);
    return byte;
  };
  const lengthOf = (bits: number) => {
    let length = bits;
    if (bits === MORE) for (let byte = 255; byte === 255; length += byte) byte = next();
    return length;
  };
  while (at < block.length) {
    const token = next();
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length || filled + literals > output.length)
      throw new RangeError(`${literals} bytes do not fit behind byte ${filled} of ${output.length}`);
    output.set(block.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    // The last sequence has no match.
    if (at === block.length) break;
    const distance = next() | (next() << 8);
    const end = filled + lengthOf(token & MORE) + LEAST_MATCH;
    if (distance === 0 || distance > filled || end > output.length)
      throw new RangeError(`no match ${distance} bytes before byte ${filled} of ${output.length}`);
    // A match may reach into itself, so that it repeats.
    if (distance >= end - filled) output.copyWithin(filled, filled - distance, end - distance);
    else for (let to = filled; to < end; to++) output[to] = output[to - distance] as number;
    filled = end;
  }
  if (filled !== output.length) throw new RangeError(`the LZ4 block has ${filled} bytes, not ${output.length}`);
}
