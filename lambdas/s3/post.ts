import type { IncomingMessage } from 'node:http';
import type { Request } from './connection.ts';

const TIMEOUT_MS = 60_000;

/**
 * Sends a request over a connection of its own and receives its answer whole. Node's own client is loaded by the first
 * one: S3 answers with bodies of unknown length here, which connection.ts does not receive.
 */
export async function post(base: URL, { method, path, query, headers, body }: Request): Promise<Reply> {
  const { request } = process.getBuiltinModule(base.protocol === 'https:' ? 'node:https' : 'node:http');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(base, {
      method,
      path: query ? `${path}?${query}` : path,
      headers: { ...headers, 'content-length': body?.length ?? 0 },
      agent: false,
      timeout: TIMEOUT_MS,
    });
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.end(body);
  });
  return { status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() };
}

export interface Reply {
  status: number;
  text: string;
}
