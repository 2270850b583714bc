import { AwsError } from '../aws-error.ts';
import type { S3Request } from './request.ts';
import type { ObjectMeta, ObjectStore } from './store.ts';
import { toXml, type XmlNode } from './xml.ts';

/** Answers one kind of request; faults are thrown as AwsError. */
export type Operation = (request: S3Request, store: ObjectStore) => Promise<void>;

/** The object that a write would replace. */
export function current({ bucket, key }: S3Request, store: ObjectStore): ObjectMeta | undefined {
  try {
    return store.headObject(bucket, key);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** What `x-amz-copy-source` names. */
export function copySource(headers: S3Request['headers']): { bucket: string; key: string } {
  const [bucket = '', ...key] = decodeURIComponent((headers['x-amz-copy-source'] ?? '').replace(/^\//, '')).split('/');
  return { bucket, key: key.join('/') };
}

export const checksumHeaders = (checksums: Record<string, string>) =>
  Object.fromEntries(Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]));

/** Answers without a body: its length is told, as S3 does, unless the status has none or the headers tell another. */
export function send({ response }: S3Request, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, status === 200 ? { 'content-length': '0', ...headers } : headers).end();
}

export function sendXml({ response }: S3Request, root: string, content: { [name: string]: XmlNode }): void {
  const body = Buffer.from(toXml(root, content));
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': body.length }).end(body);
}
