import { AwsError } from '../aws-error.ts';
import { byteRange, checkWrite, notModified } from './conditions.ts';
import { bodyOf, metaOf, type S3Request, textOf } from './request.ts';
import { sendPart } from './send-file.ts';
import type { ObjectMeta, ObjectStore } from './store.ts';
import { fromXml, toXml, type XmlNode } from './xml.ts';

type Operation = (request: S3Request, store: ObjectStore) => Promise<void>;

const OWNER = { ID: 'starmap', DisplayName: 'starmap' };
const MAX_KEYS = 1000;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Sub-resources of S3 that this runtime does not have; named in the answer. */
const NOT_COVERED = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versioning',
  'versions',
  'website',
];

/** Answers one S3 request; faults are thrown as AwsError. */
export async function handleS3(request: S3Request, store: ObjectStore): Promise<void> {
  await operationOf(request)(request, store);
}

function operationOf({ method, bucket, key, query, headers }: S3Request): Operation {
  const uncovered = NOT_COVERED.find((name) => query.has(name));
  if (uncovered) throw new AwsError('NotImplemented', `not supported by the local runtime: ?${uncovered}`, 501);
  if (bucket === '') return pick({ GET: listBuckets }, method);
  if (key === '') {
    if (method === 'GET' && query.has('location')) return bucketLocation;
    if (method === 'GET' && query.has('uploads')) return listUploads;
    if (method === 'POST' && query.has('delete')) return deleteObjects;
    return pick(
      {
        GET: query.get('list-type') === '2' ? listObjectsV2 : listObjects,
        HEAD: headBucket,
        PUT: createBucket,
        DELETE: deleteBucket,
      },
      method,
    );
  }
  if (query.has('uploads')) return pick({ POST: createUpload }, method);
  if (query.has('uploadId'))
    return pick({ PUT: uploadPart, POST: completeUpload, DELETE: abortUpload, GET: listParts }, method);
  return pick(
    {
      GET: getObject,
      HEAD: getObject,
      PUT: headers['x-amz-copy-source'] ? copyObject : putObject,
      DELETE: deleteObject,
    },
    method,
  );
}

function pick(table: Record<string, Operation>, method: string): Operation {
  const operation = table[method];
  if (!operation)
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource', 405);
  return operation;
}

const listBuckets: Operation = async (request, store) =>
  sendXml(request, 'ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: { Bucket: store.listBuckets().map(({ name, created }) => ({ Name: name, CreationDate: created })) },
  });

const headBucket: Operation = async (request, store) => {
  store.headBucket(request.bucket);
  send(request, 200, { 'x-amz-bucket-region': 'us-east-1' });
};

const bucketLocation: Operation = async (request, store) => {
  store.headBucket(request.bucket);
  sendXml(request, 'LocationConstraint', {});
};

const createBucket: Operation = async (request, store) => {
  await textOf(request);
  if (!BUCKET_NAME.test(request.bucket))
    throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${request.bucket}`);
  store.createBucket(request.bucket);
  send(request, 200, { location: `/${request.bucket}` });
};

const deleteBucket: Operation = async (request, store) => {
  store.deleteBucket(request.bucket);
  send(request, 204);
};

const putObject: Operation = async (request, store) => {
  store.headBucket(request.bucket);
  checkWrite(request.headers, () => current(request, store));
  const { body, checksums } = bodyOf(request);
  const received = await store.receive(body);
  const { etag } = await store.commit(request.bucket, request.key, received, metaOf(request.headers, checksums), () =>
    checkWrite(request.headers, () => current(request, store)),
  );
  send(request, 200, { etag, ...checksumHeaders(checksums) });
};

const getObject: Operation = async (request, store) => {
  const { bucket, key, headers, query, method, response } = request;
  const meta = store.headObject(bucket, key);
  if (notModified(headers, meta)) return send(request, 304, { etag: meta.etag });
  const range = byteRange(headers.range, meta.sizeBytes);
  const answer: Record<string, string> = {
    ...meta.headers,
    'accept-ranges': 'bytes',
    'content-type': meta.contentType,
    'content-length': String(range ? range.end - range.start + 1 : meta.sizeBytes),
    etag: meta.etag,
    'last-modified': meta.lastModified.toUTCString(),
    ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${meta.sizeBytes}` } : {}),
    ...(headers['x-amz-checksum-mode'] === 'ENABLED' && !range ? checksumHeaders(meta.checksums) : {}),
  };
  for (const [name, value] of query) if (name.startsWith('response-')) answer[name.slice('response-'.length)] = value;
  if (method === 'HEAD') return send(request, range ? 206 : 200, answer);
  const { meta: opened, source } = await store.openObject(bucket, key, range);
  // Replaced between the two look-ups: the client would get the new bytes under the old length.
  if (opened.etag !== meta.etag) {
    if (!(source instanceof Uint8Array)) await source.handle.close();
    return getObject(request, store);
  }
  response.writeHead(range ? 206 : 200, answer);
  if (source instanceof Uint8Array) response.end(source);
  else await sendPart(source, response);
};

const deleteObject: Operation = async (request, store) => {
  await store.deleteObject(request.bucket, request.key);
  send(request, 204);
};

const copyObject: Operation = async (request, store) => {
  const { bucket, key, headers } = request;
  const replace = headers['x-amz-metadata-directive'] === 'REPLACE' ? metaOf(headers, {}) : undefined;
  const { etag, lastModified } = await store.copyObject(copySource(headers), { bucket, key }, replace);
  sendXml(request, 'CopyObjectResult', { ETag: etag, LastModified: lastModified });
};

function copySource(headers: S3Request['headers']): { bucket: string; key: string } {
  const [bucket = '', ...key] = decodeURIComponent((headers['x-amz-copy-source'] ?? '').replace(/^\//, '')).split('/');
  return { bucket, key: key.join('/') };
}

const deleteObjects: Operation = async (request, store) => {
  store.headBucket(request.bucket);
  const root = fromXml(await textOf(request), 'Delete');
  const keys = [root.Object ?? []].flat().map((each) => String((each as { Key?: unknown }).Key ?? ''));
  if (keys.length > MAX_KEYS) throw new AwsError('MalformedXML', 'At most 1000 keys can be deleted at once');
  for (const key of keys) await store.deleteObject(request.bucket, key);
  sendXml(request, 'DeleteResult', root.Quiet === 'true' ? {} : { Deleted: keys.map((Key) => ({ Key })) });
};

const listObjectsV2: Operation = async (request, store) => {
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

const listObjects: Operation = async (request, store) => {
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

const createUpload: Operation = async (request, store) => {
  const { bucket, key, headers } = request;
  await textOf(request);
  sendXml(request, 'InitiateMultipartUploadResult', {
    Bucket: bucket,
    Key: key,
    UploadId: store.multipart.create(bucket, key, metaOf(headers, {})),
  });
};

const uploadPart: Operation = async (request, store) => {
  const { bucket, key, query, headers } = request;
  const id = query.get('uploadId') ?? '';
  const number = Number(query.get('partNumber'));
  if (headers['x-amz-copy-source']) {
    const from = copySource(headers);
    const range = byteRange(headers['x-amz-copy-source-range'], store.headObject(from.bucket, from.key).sizeBytes);
    const { body } = await store.getObject(from.bucket, from.key, range);
    return sendXml(request, 'CopyPartResult', {
      ETag: await store.multipart.putPart(bucket, key, id, number, body),
      LastModified: new Date(),
    });
  }
  const { body, checksums } = bodyOf(request);
  const etag = await store.multipart.putPart(bucket, key, id, number, body);
  send(request, 200, { etag, ...checksumHeaders(checksums) });
};

const completeUpload: Operation = async (request, store) => {
  const { bucket, key, query } = request;
  const root = fromXml(await textOf(request), 'CompleteMultipartUpload');
  const parts = [root.Part ?? []].flat().map((part) => ({
    number: Number((part as { PartNumber?: unknown }).PartNumber),
    etag: String((part as { ETag?: unknown }).ETag ?? ''),
  }));
  const { etag } = await store.multipart.complete(bucket, key, query.get('uploadId') ?? '', parts, () =>
    checkWrite(request.headers, () => current(request, store)),
  );
  sendXml(request, 'CompleteMultipartUploadResult', {
    Location: `/${bucket}/${key}`,
    Bucket: bucket,
    Key: key,
    ETag: etag,
  });
};

const abortUpload: Operation = async (request, store) => {
  await store.multipart.abort(request.bucket, request.key, request.query.get('uploadId') ?? '');
  send(request, 204);
};

const listParts: Operation = async (request, store) => {
  const { bucket, key, query } = request;
  const id = query.get('uploadId') ?? '';
  const parts = store.multipart.listParts(bucket, key, id).map((part) => ({
    PartNumber: part.number,
    LastModified: part.lastModified,
    ETag: part.etag,
    Size: part.sizeBytes,
  }));
  sendXml(request, 'ListPartsResult', { Bucket: bucket, Key: key, UploadId: id, IsTruncated: false, Part: parts });
};

const listUploads: Operation = async (request, store) => {
  const uploads = store.multipart
    .listUploads(request.bucket)
    .map((upload) => ({ Key: upload.key, UploadId: upload.id, Initiated: upload.started }));
  sendXml(request, 'ListMultipartUploadsResult', { Bucket: request.bucket, IsTruncated: false, Upload: uploads });
};

function current({ bucket, key }: S3Request, store: ObjectStore): ObjectMeta | undefined {
  try {
    return store.headObject(bucket, key);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchKey') return undefined;
    throw error;
  }
}

const checksumHeaders = (checksums: Record<string, string>) =>
  Object.fromEntries(Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]));

function send({ response }: S3Request, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end();
}

function sendXml({ response }: S3Request, root: string, content: { [name: string]: XmlNode }): void {
  const body = Buffer.from(toXml(root, content));
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': body.length }).end(body);
}
