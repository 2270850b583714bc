import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Download, S3Objects, UploadRef } from './objects.ts';

/** Objects by the SDK, with its retries. */
export const sdkObjects = (s3: S3Client): S3Objects => ({
  async get(Bucket, Key, { range, ifMatch: IfMatch } = {}) {
    const Range = range && `bytes=${range[0]}-${range[1]}`;
    const { Body, ETag = '', ContentLength = 0 } = await s3.send(new GetObjectCommand({ Bucket, Key, IfMatch, Range }));
    return { ...download(Body as Readable), etag: ETag, sizeBytes: ContentLength };
  },
  async etag(Bucket, Key) {
    return (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag ?? '';
  },
  async put({ bucket: Bucket, key: Key, contentType: ContentType }, Body, unlessThere) {
    const IfNoneMatch = unlessThere ? '*' : undefined;
    await s3.send(new PutObjectCommand({ Bucket, Key, ContentType, Body, IfNoneMatch }));
  },
  async createUpload({ bucket, key, contentType: ContentType }) {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType }));
    return { bucket, key, uploadId: UploadId ?? '' };
  },
  async sendPart(upload, PartNumber, Body) {
    return (await s3.send(new UploadPartCommand({ ...toInput(upload), PartNumber, Body }))).ETag ?? '';
  },
  async completeUpload(upload, etags) {
    const Parts = etags.map((ETag, i) => ({ PartNumber: i + 1, ETag }));
    await s3.send(new CompleteMultipartUploadCommand({ ...toInput(upload), MultipartUpload: { Parts } }));
  },
  async abortUpload(upload) {
    await s3.send(new AbortMultipartUploadCommand(toInput(upload)));
  },
});

const toInput = ({ bucket: Bucket, key: Key, uploadId: UploadId }: UploadRef) => ({ Bucket, Key, UploadId });

function download(body: Readable): Download {
  // An error between two reads is reported by the next one.
  body.on('error', () => {});
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  return {
    async receive(into) {
      let filled = 0;
      while (filled < into.length) {
        if (left.length === 0) {
          const next = await chunks.next();
          if (next.done) break;
          left = next.value;
        }
        const taken = left.subarray(0, into.length - filled);
        into.set(taken, filled);
        filled += taken.length;
        left = left.subarray(taken.length);
      }
      return filled;
    },
    close() {
      if (!body.readableEnded) body.destroy();
    },
  };
}
