import { createHash } from 'node:crypto';

/**
 * What tells versions of a graph apart: the ETag of its file. Where weights lie beside it, which change while the graph
 * stays the same, it is a hash of the ETags of all its files.
 */
export function graphVersion(etags: string[]): string {
  const [etag = '', ...others] = etags;
  if (others.length === 0) return etag;
  const text = etags.map((each) => each.replaceAll('"', '')).join();
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
