import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { checksumAlgorithm, verified } from './checksums.ts';
import { unframe } from './chunked.ts';
import type { PutMeta } from './put-meta.ts';

/** One S3 request taken apart. */
export interface S3Request {
  method: string;
  bucket: string;
  /** Empty for a request on the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  incoming: IncomingMessage;
  response: ServerResponse;
}

const HEX_SHA256 = /^[0-9a-f]{64}$/;
/** Largest XML body of a request (DeleteObjects of 1,000 keys and the like), bytes. */
const MAX_XML_BYTES = 4 * 2 ** 20;
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'];

/** Path of a path-style request, as sent → bucket and key. `..` is part of a key like any other text. */
export function parseTarget(sentPath: string): { bucket: string; key: string } {
  const [, bucket = '', ...rest] = sentPath.split('/');
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(rest.join('/')) };
  } catch {
    throw new AwsError('InvalidURI', 'The URI has a malformed percent-encoding');
  }
}

/**
 * The body of a put, unframed and checked on the way: length, Content-MD5, payload hash, checksum (header or trailer).
 * The iteration throws where something does not match; `checksums` is filled when it has ended.
 */
export function bodyOf({ incoming, headers }: S3Request): {
  body: AsyncIterable<Uint8Array>;
  checksums: Record<string, string>;
} {
  const checksums: Record<string, string> = {};
  const algorithm = checksumAlgorithm(headers);
  const framed =
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') || headers['content-encoding']?.includes('aws-chunked');
  let promisedChecksum = algorithm ? headers[`x-amz-checksum-${algorithm}`] : undefined;
  const plain = framed
    ? unframe(incoming, (name, value) => {
        if (name === `x-amz-checksum-${algorithm}`) promisedChecksum = value;
      })
    : (incoming as AsyncIterable<Uint8Array>);
  const length = framed ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  const sha256 = headers['x-amz-content-sha256'];
  const body = verified(
    plain,
    {
      algorithm,
      checksum: () => promisedChecksum,
      md5: headers['content-md5'],
      sizeBytes: length === undefined ? undefined : Number(length),
      sha256Hex: sha256 && HEX_SHA256.test(sha256) ? sha256 : undefined,
    },
    (checksum) => {
      if (algorithm) checksums[algorithm] = checksum;
    },
  );
  return { body, checksums };
}

/** What a put keeps beside the body. */
export function metaOf(headers: S3Request['headers'], checksums: Record<string, string>): PutMeta {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && (KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')),
  );
  const encoding = headers['content-encoding']
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(',');
  const all = Object.fromEntries(kept) as Record<string, string>;
  delete all['content-encoding'];
  if (encoding) all['content-encoding'] = encoding;
  return { ...(headers['content-type'] ? { contentType: headers['content-type'] } : {}), headers: all, checksums };
}

/** A small request body as text. */
export async function textOf({ incoming }: S3Request): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_XML_BYTES) throw new AwsError('EntityTooLarge', 'The request body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
