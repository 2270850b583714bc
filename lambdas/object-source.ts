import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { PartitionRef } from '../lib/domain/plan.ts';
import { Failure } from './failure.ts';
import { httpStatus, isTransient, toFailure } from './s3.ts';

/** Random and sequential access to the bytes of one object, in as few GETs as that takes. Ends are exclusive. */
export interface ObjectSource {
  key: string;
  sizeBytes: number;
  /** Bytes `start` to `end` in a buffer of their own, which begins at offset 0 of its ArrayBuffer. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  stream(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** An open GET that stands at `position`; `rest` are received bytes from there on. */
interface Download {
  body: Readable;
  chunks: AsyncIterator<Uint8Array>;
  position: number;
  rest: Uint8Array | undefined;
}

/** Skipping this much of a running download is cheaper than another GET (about 20 ms of latency on AWS). */
const SKIP_BYTES = 256 * 1024;
/** Headers and directories are read in blocks of this size, which are kept: what lies beside them is often asked for next. */
const BLOCK_BYTES = 64 * 1024;
const BLOCKS_KEPT = 8;
const ATTEMPTS = 4;

/**
 * Opens an object. The GET that reads its head runs to the end of the object and is carried on by whoever asks next for
 * the bytes that follow, so a file that is read from front to back costs one request. A broken download continues where
 * it stopped. All GETs demand the same ETag: a file that is replaced meanwhile is an error, not a mixture.
 */
export function openObject(s3: S3Client, ref: PartitionRef): ObjectSource {
  const { key, size_bytes: sizeBytes } = ref;
  let idle: Download | undefined;
  let closed = false;
  const running = new Set<Readable>();
  const blocks: { start: number; bytes: Uint8Array }[] = [];

  async function* stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (end > sizeBytes) {
      throw new Failure('PartitionTruncated', `${key}: bytes ${start} to ${end} are needed, but it has ${sizeBytes}`);
    }
    let position = start;
    const block = blocks.find((b) => b.start <= start && start < b.start + b.bytes.length);
    if (block) {
      const known = block.bytes.subarray(start - block.start, end - block.start);
      position += known.length;
      yield known;
    }
    for (let attempt = 1; position < end; attempt++) {
      const download = takeIdle(position) ?? (await startDownload(position, end));
      const before = position;
      try {
        for await (const chunk of take(download, position, end)) {
          position += chunk.length;
          yield chunk;
        }
        if (position < end) throw Object.assign(new Error('the download ended early'), { code: 'ECONNRESET' });
        putBack(download);
      } catch (error) {
        download.body.destroy();
        if (position > before) attempt = 1;
        if (closed || attempt >= ATTEMPTS || !isTransient(error))
          throw toFailure(error, `${key}: reading byte ${position}`);
        await setTimeout(attempt * 100);
      } finally {
        // Reached also when the consumer stops in the middle.
        if (position < end) download.body.destroy();
      }
    }
  }

  function takeIdle(position: number): Download | undefined {
    if (!idle || position < idle.position || position - idle.position > SKIP_BYTES) return undefined;
    const download = idle;
    idle = undefined;
    return download;
  }

  function putBack(download: Download): void {
    if (closed || idle || download.body.destroyed) download.body.destroy();
    else if (download.position < sizeBytes) idle = download;
  }

  async function startDownload(start: number, end: number): Promise<Download> {
    const last = start === 0 ? sizeBytes - 1 : end - 1;
    try {
      const response = await s3.send(
        new GetObjectCommand({ Bucket: ref.bucket, Key: key, IfMatch: ref.etag, Range: `bytes=${start}-${last}` }),
      );
      const body = response.Body as Readable;
      // An error between two reads is reported by the next one.
      body.on('error', () => {});
      running.add(body);
      body.on('close', () => running.delete(body));
      return { body, chunks: body[Symbol.asyncIterator](), position: start, rest: undefined };
    } catch (error) {
      throw getFailure(error);
    }
  }

  function getFailure(error: unknown): Error {
    const status = httpStatus(error);
    if (status === 404) {
      return new Failure('PartitionMissing', `${key}: it is no longer in bucket ${ref.bucket}`, { cause: error });
    }
    if (status === 412 || status === 416) {
      const why = 'it was replaced while the run was going on; start the run again';
      return new Failure('PartitionChanged', `${key}: ${why}`, { cause: error });
    }
    return toFailure(error, `${key}: reading it`);
  }

  async function collect(start: number, end: number) {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    for await (const chunk of stream(start, end)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  return {
    key,
    sizeBytes,
    stream,
    async read(start, end) {
      const known = blocks.some((b) => b.start <= start && end <= b.start + b.bytes.length);
      const follows = idle && start >= idle.position && start - idle.position <= SKIP_BYTES;
      if (start > 0 && end - start < BLOCK_BYTES && end <= sizeBytes && !known && !follows) {
        blocks.push({ start, bytes: await collect(start, Math.min(start + BLOCK_BYTES, sizeBytes)) });
        if (blocks.length > BLOCKS_KEPT) blocks.shift();
      }
      return collect(start, end);
    },
    async close() {
      closed = true;
      const left = idle;
      idle = undefined;
      // A few leftover bytes are received so that the connection can be used again; more is not worth it.
      if (left && sizeBytes - left.position <= SKIP_BYTES) {
        for await (const _ of take(left, sizeBytes, sizeBytes));
      }
      for (const body of running) if (!body.readableEnded) body.destroy();
    },
  };
}

/** Moves `download` on to `end`, yielding what lies between `start` and `end`. */
async function* take(download: Download, start: number, end: number): AsyncGenerator<Uint8Array> {
  while (download.position < end) {
    let chunk = download.rest;
    download.rest = undefined;
    if (!chunk) {
      const next = await download.chunks.next();
      if (next.done) return;
      chunk = next.value;
    }
    const from = Math.max(0, start - download.position);
    const to = Math.min(chunk.length, end - download.position);
    if (to < chunk.length) download.rest = chunk.subarray(to);
    download.position += to;
    if (from < to) yield chunk.subarray(from, to);
  }
}
