import { byteRange, checkWrite } from './conditions.ts';
import { checksumHeaders, copySource, current, type Operation, send, sendXml } from './operation.ts';
import { bodyOf, metaOf, textOf } from './request.ts';
import { fromXml } from './xml.ts';

export const createUpload: Operation = async (request, store) => {
  const { bucket, key, headers } = request;
  await textOf(request);
  sendXml(request, 'InitiateMultipartUploadResult', {
    Bucket: bucket,
    Key: key,
    UploadId: store.multipart.create(bucket, key, metaOf(headers, {})),
  });
};

export const uploadPart: Operation = async (request, store) => {
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

export const completeUpload: Operation = async (request, store) => {
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

export const abortUpload: Operation = async (request, store) => {
  await store.multipart.abort(request.bucket, request.key, request.query.get('uploadId') ?? '');
  send(request, 204);
};

export const listParts: Operation = async (request, store) => {
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

export const listUploads: Operation = async (request, store) => {
  const uploads = store.multipart
    .listUploads(request.bucket)
    .map((upload) => ({ Key: upload.key, UploadId: upload.id, Initiated: upload.started }));
  sendXml(request, 'ListMultipartUploadsResult', { Bucket: request.bucket, IsTruncated: false, Upload: uploads });
};
