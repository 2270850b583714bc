import { AwsError } from '../aws-error.ts';
import { byteRange, checkWrite, notModified } from './conditions.ts';
import { listObjects, listObjectsV2 } from './list-api.ts';
import { abortUpload, completeUpload, createUpload, listParts, listUploads, uploadPart } from './multipart-api.ts';
import { checksumHeaders, copySource, current, type Operation, send, sendXml } from './operation.ts';
import { bodyOf, metaOf, type S3Request, textOf } from './request.ts';
import { sendPart } from './send-file.ts';
import type { ObjectStore } from './store.ts';
import { fromXml } from './xml.ts';

const OWNER = { ID: 'starmap', DisplayName: 'starmap' };
/** Keys that one DeleteObjects may name. */
const MAX_DELETED_KEYS = 1000;
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
  // No await since the look-up: these are the bytes that the headers tell of.
  const { source } = store.openObject(bucket, key, range);
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

const deleteObjects: Operation = async (request, store) => {
  store.headBucket(request.bucket);
  const root = fromXml(await textOf(request), 'Delete');
  const keys = [root.Object ?? []].flat().map((each) => String((each as { Key?: unknown }).Key ?? ''));
  if (keys.length > MAX_DELETED_KEYS) throw new AwsError('MalformedXML', 'At most 1000 keys can be deleted at once');
  for (const key of keys) await store.deleteObject(request.bucket, key);
  sendXml(request, 'DeleteResult', root.Quiet === 'true' ? {} : { Deleted: keys.map((Key) => ({ Key })) });
};
