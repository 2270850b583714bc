import { type Connection, openConnection } from '../s3/connection.ts';

/** What a server answered; no body where it does not tell its length beforehand, as S3 does not of its errors. */
export interface Answer {
  status: number;
  body: Buffer | undefined;
}

/** Sends a GET and waits for its answer. */
export type PlainGet = (path: string, headers: Record<string, string>) => Promise<Answer>;

/**
 * A client for many small GETs to one server over a few kept connections. For 20,000 objects of a few kB `node:http`
 * spends a second more on its streams and header objects.
 * @param base scheme, host and port.
 * @param timeoutMs without a byte; then the request fails.
 */
export function openConnections(base: URL, limit: number, timeoutMs: number): PlainGet {
  const idle: Connection[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function get(path: string, headers: Record<string, string>): Promise<Answer> {
    for (;;) {
      const kept = idle.pop();
      const connection = kept ?? openConnection(base, timeoutMs);
      let isFirstByte = true;
      try {
        const head = await connection.ask({ method: 'GET', path, headers });
        isFirstByte = false;
        const answer = { status: head.status, body: await receiveBody(connection, head.bodyBytes) };
        if (head.keepAlive && answer.body) idle.push(connection);
        else connection.close();
        return answer;
      } catch (error) {
        connection.close();
        // The server may have closed a kept connection meanwhile.
        if (!kept || !isFirstByte) throw error;
      }
    }
  }

  return async (path, headers) => {
    if (busy === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy += 1;
    try {
      return await get(path, headers);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  };
}

async function receiveBody(connection: Connection, bytes: number | undefined): Promise<Buffer | undefined> {
  if (bytes === undefined) return undefined;
  const body = Buffer.allocUnsafe(bytes);
  for (let filled = 0; filled < bytes; ) filled += await connection.receive(body.subarray(filled));
  return body;
}
