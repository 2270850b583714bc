import type { S3Account } from './account.ts';
import { type AnswerHead, type Connection, openConnection, type Request } from './connection.ts';
import type { Answer, S3Objects, UploadRef } from './objects.ts';
import { post, type Reply } from './post.ts';
import type { RequestMeter } from './request-meter.ts';
import { openSigner, type Signer } from './signature.ts';

interface Answered {
  head: AnswerHead;
  connection: Connection;
  /** Lets go of the connection: kept where the answer was received whole. */
  release(): void;
}

/**
 * Objects by requests of our own. The bytes are received where they are wanted: through the SDK's stream each of them
 * lies in a buffer of its own first, is copied, and keeps the garbage collector busy, a tenth of the CPU that the model
 * would have. And the SDK's code is not loaded, which takes 90 ms of a cold start and 27 MB of memory.
 * Whatever is not a plain success is asked again of the SDK, which knows all that S3 may answer, and when to try again.
 */
export function plainObjects(account: S3Account, meter: RequestMeter, bySdk: () => Promise<S3Objects>): S3Objects {
  const signers = new Map<string, Promise<Signer>>();
  const idle: { origin: string; connection: Connection }[] = [];

  function signerOf(bucket: string): Promise<Signer> {
    const known = signers.get(bucket);
    if (known) return known;
    const opened = openSigner(account, bucket);
    signers.set(bucket, opened);
    opened.catch(() => signers.delete(bucket));
    return opened;
  }

  /** Kept connections first: one that the server has closed meanwhile shows it at the first use. */
  async function ask(bucket: string, key: string, asked: Omit<Request, 'path'>): Promise<Answered> {
    const signer = await signerOf(bucket);
    const { origin } = signer.base;
    const request = { ...asked, path: signer.path(key) };
    for (;;) {
      const place = idle.findIndex((kept) => kept.origin === origin);
      const kept = place < 0 ? undefined : idle.splice(place, 1)[0]?.connection;
      const connection = kept ?? openConnection(signer.base);
      try {
        const headers = await signer.headers(request);
        const head = await meter.measure(() => connection.ask({ ...request, headers }));
        const release = () => {
          if (head.keepAlive && connection.isFree()) idle.push({ origin, connection });
          else connection.close();
        };
        return { head, connection, release };
      } catch (error) {
        connection.close();
        if (!kept) throw error;
      }
    }
  }

  /** Undefined where the answer is no plain success; then the connection is closed. */
  async function plainly<T>(
    bucket: string,
    key: string,
    request: Omit<Request, 'path'>,
    take: (answered: Answered) => T | undefined,
  ): Promise<T | undefined> {
    const answered = await ask(bucket, key, request).catch(() => undefined);
    const taken = answered && take(answered);
    if (taken === undefined) answered?.connection.close();
    return taken;
  }

  /** Undefined where there was no answer. */
  async function postPlainly(bucket: string, key: string, asked: Omit<Request, 'path' | 'method'>) {
    try {
      const signer = await signerOf(bucket);
      const request: Request = { ...asked, method: 'POST', path: signer.path(key) };
      const headers = await signer.headers(request);
      return await meter.measure(() => post(signer.base, { ...request, headers }));
    } catch {
      return undefined;
    }
  }

  return {
    async get(bucket, key, wanted = {}) {
      const { range, ifMatch } = wanted;
      const headers = {
        ...(range && { range: `bytes=${range[0]}-${range[1]}` }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      };
      const take = ({ head, connection, release }: Answered): Answer | undefined => {
        const { status, bodyBytes, etag } = head;
        if (status !== (range ? 206 : 200) || bodyBytes === undefined || etag === undefined) return undefined;
        if (range && bodyBytes !== range[1] - range[0] + 1) return undefined;
        return { etag, sizeBytes: bodyBytes, receive: (into) => connection.receive(into), close: release };
      };
      const answer = await plainly(bucket, key, { method: 'GET', headers }, take);
      return answer ?? (await bySdk()).get(bucket, key, wanted);
    },
    async etag(bucket, key) {
      const etag = await plainly(bucket, key, { method: 'HEAD', headers: {} }, ({ head, release }) => {
        if (head.status !== 200 || head.etag === undefined) return undefined;
        release();
        return head.etag;
      });
      return etag ?? (await bySdk()).etag(bucket, key);
    },
    async put(target, body, unlessThere = false) {
      const { bucket, key, contentType } = target;
      const headers = { 'content-type': contentType, ...(unlessThere && { 'if-none-match': '*' }) };
      const isDone = await plainly(bucket, key, { method: 'PUT', headers, body }, ({ head, release }) => {
        if (head.status !== 200 || head.bodyBytes !== 0) return undefined;
        release();
        return true;
      });
      if (!isDone) await (await bySdk()).put(target, body, unlessThere);
    },
    async createUpload(target) {
      const { bucket, key, contentType } = target;
      const headers = { 'content-type': contentType };
      const reply = await postPlainly(bucket, key, { query: 'uploads=', headers, body: new Uint8Array() });
      const uploadId = textOf(reply, /<UploadId>([\w.~-]+)<\/UploadId>/);
      return uploadId ? { bucket, key, uploadId } : (await bySdk()).createUpload(target);
    },
    async sendPart(upload, number, body) {
      const { bucket, key } = upload;
      const query = `partNumber=${number}&${queryOf(upload)}`;
      const etag = await plainly(bucket, key, { method: 'PUT', query, headers: {}, body }, ({ head, release }) => {
        if (head.status !== 200 || head.bodyBytes !== 0 || head.etag === undefined) return undefined;
        release();
        return head.etag;
      });
      return etag ?? (await bySdk()).sendPart(upload, number, body);
    },
    async completeUpload(upload, etags) {
      const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      const xml = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
      const asked = { query: queryOf(upload), headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) };
      const reply = await postPlainly(upload.bucket, upload.key, asked);
      // S3 begins with 200 while it is still joining the parts; whether it could is told by the body.
      if (textOf(reply, /<(CompleteMultipartUploadResult)/)) return;
      await (await bySdk()).completeUpload(upload, etags);
    },
    abortUpload: async (upload) => (await bySdk()).abortUpload(upload),
  };
}

const queryOf = ({ uploadId }: UploadRef) => `uploadId=${encodeURIComponent(uploadId)}`;

/** What the pattern's group matches in the body of a success. */
const textOf = (reply: Reply | undefined, pattern: RegExp) =>
  reply?.status === 200 ? pattern.exec(reply.text)?.[1] : undefined;
