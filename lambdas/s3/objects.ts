import type { PartitionRef } from '../../lib/domain/plan.ts';

/** What the inference function does with S3's objects. Errors are the SDK's, with its names and statuses. */
export interface S3Objects {
  /** Starts a GET: of the whole object, or of bytes `first` to `last` (inclusive), if it still has the ETag asked for. */
  get(
    bucket: string,
    key: string,
    wanted?: { range?: [first: number, last: number]; ifMatch?: string },
  ): Promise<Answer>;
  /** ETag of the object as it is now. */
  etag(bucket: string, key: string): Promise<string>;
  /**
   * Writes a whole object: it is there when this has resolved.
   * @param unlessThere fails with status 412 where there is one.
   */
  put(target: ObjectTarget, body: Uint8Array, unlessThere?: boolean): Promise<void>;
  /** Starts an object in parts, which appears when it is completed. */
  createUpload(target: ObjectTarget): Promise<UploadRef>;
  /**
   * Sends one part, in any order.
   * @param number counts from 1.
   * @returns the ETag of the part.
   */
  sendPart(upload: UploadRef, number: number, body: Uint8Array): Promise<string>;
  /** @param etags of the parts, in their order. */
  completeUpload(upload: UploadRef, etags: string[]): Promise<void>;
  abortUpload(upload: UploadRef): Promise<void>;
}

/** A multipart upload that was started. */
export interface UploadRef {
  bucket: string;
  key: string;
  uploadId: string;
}

export interface ObjectTarget {
  bucket: string;
  key: string;
  contentType: string;
}

/** A GET that is being received. */
export interface Download {
  /** Receives the next bytes until `into` is full or the answer ends. Returns how many; 0 at the end. */
  receive(into: Uint8Array): Promise<number>;
  /** Lets go of it. The connection is kept where the answer was received whole. */
  close(): void;
}

export interface Answer extends Download {
  etag: string;
  sizeBytes: number;
}

/** Starts a GET of bytes `first` to `last` (inclusive) of an object that must still have the ETag of `ref`. */
export type StartDownload = (ref: PartitionRef, first: number, last: number) => Promise<Download>;

/** GETs of partitions. */
export const openDownloads =
  (objects: S3Objects): StartDownload =>
  (ref, first, last) =>
    objects.get(ref.bucket, ref.key, { range: [first, last], ifMatch: ref.etag });
