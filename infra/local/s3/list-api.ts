import { AwsError } from '../aws-error.ts';
import { type Operation, sendXml } from './operation.ts';
import type { S3Request } from './request.ts';
import type { ObjectStore } from './store.ts';

const MAX_KEYS = 1000;

export const listObjectsV2: Operation = async (request, store) => {
  const { bucket, query } = request;
  const token = query.get('continuation-token');
  const page = listPage(
    request,
    store,
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString(),
  );
  sendXml(request, 'ListBucketResult', {
    Name: bucket,
    ...page.common,
    StartAfter: query.get('start-after') ?? undefined,
    ContinuationToken: token ?? undefined,
    KeyCount: page.count,
    NextContinuationToken: page.next === null ? undefined : Buffer.from(page.next).toString('base64url'),
    ...page.entries,
  });
};

export const listObjects: Operation = async (request, store) => {
  const page = listPage(request, store, request.query.get('marker') ?? '');
  sendXml(request, 'ListBucketResult', {
    Name: request.bucket,
    ...page.common,
    Marker: request.query.get('marker') ?? '',
    NextMarker: page.next === null ? undefined : page.encode(page.next),
    ...page.entries,
  });
};

function listPage({ bucket, query }: S3Request, store: ObjectStore, startAfter: string) {
  const maxKeys = Number(query.get('max-keys') ?? MAX_KEYS);
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw new AwsError('InvalidArgument', 'max-keys must be a whole number from 0');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const encode =
    query.get('encoding-type') === 'url'
      ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/')
      : (text: string) => text;
  const { objects, commonPrefixes, isTruncated, nextStartAfter } = store.listObjects(bucket, {
    prefix,
    delimiter,
    startAfter,
    maxKeys: Math.min(maxKeys, MAX_KEYS),
  });
  return {
    encode,
    count: objects.length + commonPrefixes.length,
    next: isTruncated ? nextStartAfter : null,
    common: {
      Prefix: encode(prefix),
      Delimiter: delimiter ? encode(delimiter) : undefined,
      MaxKeys: maxKeys,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: isTruncated,
    },
    entries: {
      Contents: objects.map(({ key, sizeBytes, etag, lastModified }) => ({
        Key: encode(key),
        LastModified: lastModified,
        ETag: etag,
        Size: sizeBytes,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: commonPrefixes.map((each) => ({ Prefix: encode(each) })),
    },
  };
}
