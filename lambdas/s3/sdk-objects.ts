import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Download, MultipartUpload, ObjectTarget, S3Objects } from './objects.ts';

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
  upload: (target) => startUpload(s3, target),
});

async function startUpload(s3: S3Client, { bucket, key, contentType }: ObjectTarget): Promise<MultipartUpload> {
  const at = { Bucket: bucket, Key: key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ContentType: contentType }));
  const upload = { ...at, UploadId };
  const parts: CompletedPart[] = [];
  return {
    async sendPart(PartNumber, Body) {
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      parts[PartNumber - 1] = { PartNumber, ETag };
    },
    async complete() {
      await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
    },
    async abort() {
      await s3.send(new AbortMultipartUploadCommand(upload));
    },
  };
}

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
