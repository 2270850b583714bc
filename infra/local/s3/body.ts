import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';

/** A body that arrived whole: small ones in memory, larger ones in a file. */
export interface ReceivedBody {
  sizeBytes: number;
  md5: Buffer;
  /** Quoted hex MD5. */
  etag: string;
  bytes: Uint8Array | null;
  file: string | null;
}

/**
 * Reads a body to its end, into memory up to `inlineBytes` and into `file` beyond. Leaves no file behind when the body
 * breaks off.
 */
export async function receiveBody(
  body: AsyncIterable<Uint8Array> | Uint8Array | string,
  file: string,
  { inlineBytes }: { inlineBytes: number },
): Promise<ReceivedBody> {
  const md5 = createHash('md5');
  let sizeBytes = 0;
  let held: Uint8Array[] = [];
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    for await (const chunk of chunksOf(body)) {
      md5.update(chunk);
      sizeBytes += chunk.length;
      if (!handle && sizeBytes <= inlineBytes) {
        held.push(chunk);
        continue;
      }
      if (!handle) {
        handle = await open(file, 'wx');
        for (const early of held) await handle.write(early);
        held = [];
      }
      await handle.write(chunk);
    }
  } catch (error) {
    await handle?.close();
    await rm(file, { force: true });
    throw error;
  }
  await handle?.close();
  const digest = md5.digest();
  return {
    sizeBytes,
    md5: digest,
    etag: `"${digest.toString('hex')}"`,
    bytes: handle ? null : Buffer.concat(held),
    file: handle ? file : null,
  };
}

async function* chunksOf(body: AsyncIterable<Uint8Array> | Uint8Array | string): AsyncGenerator<Uint8Array> {
  if (typeof body === 'string') yield Buffer.from(body);
  else if (body instanceof Uint8Array) yield body;
  else yield* body;
}
