import { hash } from 'node:crypto';
import type { S3Account } from './account.ts';
import type { Request } from './connection.ts';

/** Signs requests for one bucket's objects. */
export interface Signer {
  /** Scheme, host and port. */
  base: URL;
  /** The path of an object, as it is sent and signed. */
  path(key: string): string;
  /** All headers of the request, called for just before it is sent. */
  headers(request: Request): Promise<Record<string, string>>;
}

/**
 * Signature Version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * A body is signed by its checksum, by which S3 refuses one that was damaged on its way.
 */
export async function openSigner(account: S3Account, bucket: string): Promise<Signer> {
  const base = await account.bucketUrl(bucket);
  const region = await account.region();
  let signer = { for: '', sign: hmacSha256(new Uint8Array()) };
  return {
    base,
    path: (key) => `${base.pathname.replace(/\/$/, '')}/${encodeKey(key)}`,
    async headers({ method, path, query = '', headers, body }) {
      const { accessKeyId, secretAccessKey, sessionToken } = await account.credentials();
      const time = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
      const date = time.slice(0, 8);
      const scope = `${date}/${region}/s3/aws4_request`;
      if (signer.for !== date + secretAccessKey) {
        const parts = [date, region, 's3', 'aws4_request'];
        const key = parts.reduce((k: Uint8Array, part) => hmacSha256(k)(part), Buffer.from(`AWS4${secretAccessKey}`));
        signer = { for: date + secretAccessKey, sign: hmacSha256(key) };
      }
      const payload = body ? hash('sha256', body, 'hex') : 'UNSIGNED-PAYLOAD';
      const { 'content-type': contentType, ...unsigned } = headers;
      // In alphabetical order.
      const signed: [string, string][] = [
        ...(contentType ? [['content-type', contentType] as [string, string]] : []),
        ['host', base.host],
        ['x-amz-content-sha256', payload],
        ['x-amz-date', time],
        ...(sessionToken ? [['x-amz-security-token', sessionToken] as [string, string]] : []),
      ];
      const names = signed.map(([name]) => name).join(';');
      const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
      const request = `${method}\n${path}\n${query}\n${lines}\n${names}\n${payload}`;
      const signature = signer.sign(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(request)}`).toString('hex');
      const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
      return { ...unsigned, ...Object.fromEntries(signed), authorization };
    },
  };
}

const sha256 = (text: string) => hash('sha256', text, 'hex');

/** HMAC-SHA-256 (RFC 2104) with the key's part worked out once; node:crypto does that again for each message. */
function hmacSha256(key: Uint8Array): (text: string) => Buffer {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  for (const [i, byte] of (key.length > 64 ? hash('sha256', key, 'buffer') : key).entries()) {
    inner[i] = (inner[i] ?? 0) ^ byte;
    outer[i] = (outer[i] ?? 0) ^ byte;
  }
  const digest = (pad: Uint8Array, message: Uint8Array) => hash('sha256', Buffer.concat([pad, message]), 'buffer');
  return (text) => digest(outer, digest(inner, Buffer.from(text)));
}

/** Keys as S3 wants them in a signed path: all but unreserved characters and `/` escaped. */
function encodeKey(key: string): string {
  const percent = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  return key
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, percent))
    .join('/');
}
