import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error.ts';

/** The one pair of keys that this runtime accepts. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** Path and query exactly as received. */
  target: string;
  headers: Record<string, string | undefined>;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** A signature older or newer than this is refused, ms (presigned URLs say themselves how long they live). */
const MAX_SKEW_MS = 15 * 60_000;

/**
 * Verifies Signature Version 4 in the Authorization header or, presigned, in the query.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @param bodySha256 hex hash of the body where it has been read already; S3 requests carry their own in a header.
 * @throws AwsError as the services do: MissingAuthenticationToken, InvalidAccessKeyId, SignatureDoesNotMatch, AccessDenied.
 */
export function verifySignature(
  request: SignedRequest,
  credentials: Credentials,
  nowMs: number,
  bodySha256?: string,
): void {
  const [path = '/', search = ''] = split(request.target);
  const query = search === '' ? [] : search.split('&').map((pair) => pair.split('=') as [string, string?]);
  const value = (name: string) => decodeURIComponent(query.find(([key]) => key === name)?.[1] ?? '');
  const presigned = query.some(([key]) => key === 'X-Amz-Signature');
  const claim = presigned
    ? {
        credential: value('X-Amz-Credential'),
        signedHeaders: value('X-Amz-SignedHeaders'),
        signature: value('X-Amz-Signature'),
        date: value('X-Amz-Date'),
      }
    : fromHeader(request.headers);
  const [accessKeyId, day = '', region = '', service = ''] = claim.credential.split('/');
  if (accessKeyId !== credentials.accessKeyId) {
    throw new AwsError(
      'InvalidAccessKeyId',
      'The AWS access key id is not the one of this local runtime. `npm run starmap -- env` prints the right one.',
      403,
    );
  }
  checkTime(claim.date, presigned ? Number(value('X-Amz-Expires')) : undefined, nowMs);
  const payloadHash = presigned
    ? (request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD')
    : service === 's3'
      ? (request.headers['x-amz-content-sha256'] ?? '')
      : (bodySha256 ?? '');
  const canonical = [
    request.method,
    // S3 signs the path as it is sent; all other services sign it encoded once more.
    service === 's3' ? path : path.split('/').map(encode).join('/'),
    query
      .filter(([key]) => key !== 'X-Amz-Signature')
      .map(([key, each = '']) => `${encode(decode(key))}=${encode(decode(each))}`)
      .sort()
      .join('&'),
    ...claim.signedHeaders
      .split(';')
      .map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    claim.signedHeaders,
    payloadHash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, claim.date, scope, hash('sha256', canonical)].join('\n');
  const expected = hmac(signingKey(credentials.secretAccessKey, scope), toSign);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    );
  }
}

let lastKey: { secret: string; scope: string; key: Buffer } | undefined;

/** The key of a day, region and service. The last one is kept: deriving it costs four times what the signature does. */
function signingKey(secret: string, scope: string): Buffer {
  if (lastKey?.secret !== secret || lastKey.scope !== scope) {
    const key = scope.split('/').reduce<Buffer | string>((last, part) => hmac(last, part), `AWS4${secret}`) as Buffer;
    lastKey = { secret, scope, key };
  }
  return lastKey.key;
}

function fromHeader(headers: SignedRequest['headers']) {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    headers.authorization ?? '',
  );
  if (!match)
    throw new AwsError(
      'MissingAuthenticationToken',
      'The request is not signed. `npm run starmap -- env` prints the credentials of this local runtime.',
      403,
    );
  return {
    credential: match[1] as string,
    signedHeaders: match[2] as string,
    signature: match[3] as string,
    date: headers['x-amz-date'] ?? '',
  };
}

function checkTime(date: string, expiresSeconds: number | undefined, nowMs: number): void {
  const signedMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signedMs)) throw new AwsError('AccessDenied', 'The request has no valid X-Amz-Date', 403);
  if (expiresSeconds === undefined) {
    if (Math.abs(nowMs - signedMs) > MAX_SKEW_MS)
      throw new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large',
        403,
      );
  } else if (!(expiresSeconds > 0 && nowMs <= signedMs + expiresSeconds * 1000))
    throw new AwsError('AccessDenied', 'Request has expired', 403);
}

const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
function split(target: string): [string, string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}
