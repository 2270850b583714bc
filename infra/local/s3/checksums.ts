import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../aws-error.ts';

/** A running checksum; `digest` is base64 of its big-endian bytes, as S3 writes it. */
interface Running {
  update(chunk: Uint8Array): void;
  digest(): string;
}

const algorithms: Record<string, () => Running> = {
  crc32: () => crc((chunk, value) => crc32(chunk, value)),
  crc32c: () => crc(crc32c),
  sha1: () => hash('sha1'),
  sha256: () => hash('sha256'),
};

const HEADER = 'x-amz-checksum-';

/** The checksum algorithm that a request names, by value, trailer or `x-amz-sdk-checksum-algorithm`; lower case. */
export function checksumAlgorithm(headers: Record<string, string | undefined>): string | undefined {
  const named = Object.keys(headers).find(
    (name) => name.startsWith(HEADER) && !['type', 'mode', 'algorithm'].includes(name.slice(HEADER.length)),
  );
  const trailer = headers['x-amz-trailer']?.toLowerCase();
  const algorithm =
    named?.slice(HEADER.length) ??
    (trailer?.startsWith(HEADER) ? trailer.slice(HEADER.length) : undefined) ??
    headers['x-amz-sdk-checksum-algorithm']?.toLowerCase();
  if (algorithm !== undefined && !(algorithm in algorithms)) {
    throw new AwsError(
      'NotImplemented',
      `not supported by the local runtime: checksum algorithm ${algorithm}; use CRC32, CRC32C, SHA1 or SHA256`,
      501,
    );
  }
  return algorithm;
}

/** Passes a body through and compares its checksum (and MD5, length, SHA-256 of the signature) with what was promised. */
export async function* verified(
  body: AsyncIterable<Uint8Array>,
  promised: {
    algorithm: string | undefined;
    checksum: () => string | undefined;
    md5: string | undefined;
    sizeBytes: number | undefined;
    sha256Hex: string | undefined;
  },
  found: (checksum: string) => void,
): AsyncGenerator<Uint8Array> {
  const running = promised.algorithm ? algorithms[promised.algorithm]?.() : undefined;
  const md5 = promised.md5 ? createHash('md5') : undefined;
  const sha256 = promised.sha256Hex ? createHash('sha256') : undefined;
  let sizeBytes = 0;
  for await (const chunk of body) {
    running?.update(chunk);
    md5?.update(chunk);
    sha256?.update(chunk);
    sizeBytes += chunk.length;
    yield chunk;
  }
  if (promised.sizeBytes !== undefined && sizeBytes !== promised.sizeBytes)
    throw new AwsError(
      'IncompleteBody',
      `You did not provide the number of bytes specified: ${sizeBytes} of ${promised.sizeBytes}`,
    );
  if (md5 && md5.digest('base64') !== promised.md5)
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received');
  if (sha256 && sha256.digest('hex') !== promised.sha256Hex)
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      'The provided x-amz-content-sha256 header does not match what was computed',
    );
  if (!running) return;
  const checksum = running.digest();
  const expected = promised.checksum();
  if (expected !== undefined && expected !== checksum)
    throw new AwsError(
      'BadDigest',
      `The ${promised.algorithm?.toUpperCase()} you specified did not match the calculated checksum`,
    );
  found(checksum);
}

function crc(step: (chunk: Uint8Array, value: number) => number): Running {
  let value = 0;
  return {
    update(chunk) {
      value = step(chunk, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes.toString('base64');
    },
  };
}

function hash(name: string): Running {
  const running = createHash(name);
  return { update: (chunk) => void running.update(chunk), digest: () => running.digest('base64') };
}

/** CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), a byte at a time by table. */
function crc32c(chunk: Uint8Array, value: number): number {
  let remainder = ~value;
  for (const byte of chunk) remainder = (castagnoli[(remainder ^ byte) & 0xff] as number) ^ (remainder >>> 8);
  return ~remainder >>> 0;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});
