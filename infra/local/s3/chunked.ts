import { AwsError } from '../aws-error.ts';

/**
 * Takes the aws-chunked framing off a body: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailers>\r\n\r\n`.
 * The chunk signatures are not verified (the seed signature in the header is); a trailing checksum is, by the caller.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @param onTrailer told each trailing header, name in lower case.
 */
export async function* unframe(
  source: AsyncIterable<Uint8Array>,
  onTrailer: (name: string, value: string) => void,
): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  /** Bytes left of the chunk being read; -1 while its size line is awaited, -2 in the trailers. */
  let left = -1;
  let ended = false;
  for await (const piece of source) {
    held =
      held.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([held, piece]);
    for (;;) {
      if (left > 0) {
        const take = held.subarray(0, left);
        if (take.length === 0) break;
        yield take;
        held = held.subarray(take.length);
        left -= take.length;
        if (left > 0) break;
      }
      if (left === 0) {
        if (held.length < 2) break;
        held = held.subarray(2);
        left = -1;
      }
      const lineEnd = held.indexOf('\r\n');
      if (lineEnd < 0) break;
      const line = held.toString('latin1', 0, lineEnd);
      held = held.subarray(lineEnd + 2);
      if (left === -2) {
        if (line === '') ended = true;
        const colon = line.indexOf(':');
        if (colon > 0) onTrailer(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
        continue;
      }
      const size = Number.parseInt(line.split(';')[0] ?? '', 16);
      if (!Number.isInteger(size) || size < 0)
        throw new AwsError('InvalidRequest', 'The aws-chunked body has a malformed chunk size');
      left = size === 0 ? -2 : size;
      if (size === 0) ended = true;
    }
  }
  if (!ended) throw new AwsError('IncompleteBody', 'The aws-chunked body ended before its last chunk');
}
