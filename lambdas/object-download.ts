import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { PartitionRef } from '../lib/domain/plan.ts';
import { type GetConnection, openGetConnection } from './get-connection.ts';
import type { RequestMeter } from './s3.ts';
import { type GetSigner, openSigner } from './s3-signature.ts';

/** A GET that is being received. */
export interface Download {
  /** Receives the next bytes until `into` is full or the answer ends. Returns how many; 0 at the end. */
  receive(into: Uint8Array): Promise<number>;
  /** Lets go of it. The connection is kept where the answer was received whole. */
  close(): void;
}

/** Starts a GET of bytes `first` to `last` (inclusive) of an object that must still have the ETag of `ref`. */
export type StartDownload = (ref: PartitionRef, first: number, last: number) => Promise<Download>;

/**
 * GETs of partitions. The bytes are received where they are wanted: through the SDK's stream each of them lies in a
 * buffer of its own first, is copied, and keeps the garbage collector busy, a tenth of the CPU that the model would
 * have. Whatever is not a plain success is asked again of the SDK, which knows all that S3 may answer.
 */
export function openDownloads(s3: S3Client, meter: RequestMeter): StartDownload {
  const signers = new Map<string, Promise<GetSigner>>();
  const idle: { origin: string; connection: GetConnection }[] = [];

  function signerOf(bucket: string): Promise<GetSigner> {
    const known = signers.get(bucket);
    if (known) return known;
    const opened = openSigner(s3, bucket);
    signers.set(bucket, opened);
    opened.catch(() => signers.delete(bucket));
    return opened;
  }

  /** Kept connections first: one that the server has closed meanwhile shows it at the first use. */
  async function ask(signer: GetSigner, path: string, range: Record<string, string>) {
    const { origin } = signer.base;
    for (;;) {
      const place = idle.findIndex((kept) => kept.origin === origin);
      const connection = place < 0 ? openGetConnection(signer.base) : idle.splice(place, 1)[0]?.connection;
      if (!connection) continue;
      try {
        const head = await connection.ask(path, { ...(await signer.headers(path)), ...range });
        return { connection, head, origin };
      } catch (error) {
        connection.close();
        if (place < 0) throw error;
      }
    }
  }

  async function plainly(ref: PartitionRef, first: number, last: number): Promise<Download | undefined> {
    const signer = await signerOf(ref.bucket);
    const startedMs = performance.now();
    const range = { range: `bytes=${first}-${last}`, 'if-match': ref.etag };
    const { connection, head, origin } = await ask(signer, signer.path(ref.key), range);
    meter.secondsEach.push((performance.now() - startedMs) / 1000);
    if (head.status !== 206 || head.bodyBytes !== last - first + 1) {
      connection.close();
      return undefined;
    }
    return {
      receive: (into) => connection.receive(into),
      close() {
        if (head.keepAlive && connection.isFree()) idle.push({ origin, connection });
        else connection.close();
      },
    };
  }

  return async (ref, first, last) => {
    const download = await plainly(ref, first, last).catch(() => undefined);
    return download ?? downloadBySdk(s3, ref, first, last);
  };
}

async function downloadBySdk(s3: S3Client, ref: PartitionRef, first: number, last: number): Promise<Download> {
  const range = `bytes=${first}-${last}`;
  const response = await s3.send(
    new GetObjectCommand({ Bucket: ref.bucket, Key: ref.key, IfMatch: ref.etag, Range: range }),
  );
  const body = response.Body as Readable;
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
