import type { DatabaseSync } from 'node:sqlite';

interface ListedObject {
  key: string;
  sizeBytes: number;
  etag: string;
  lastModified: Date;
}

interface ListOptions {
  prefix?: string;
  /** Keys after this one, exclusive. */
  startAfter?: string;
  delimiter?: string;
  maxKeys?: number;
}

const MAX_KEYS = 1000;

/**
 * Listing over the table `objects`: one page of keys in byte order; keys that share a part up to `delimiter` are folded
 * into one common prefix.
 */
export function openListing(db: DatabaseSync, requireBucket: (bucket: string) => void) {
  const pageAfter = db.prepare(
    'SELECT key, size, etag, modified_ms FROM objects WHERE bucket = ? AND key > ? ORDER BY key LIMIT ?',
  );
  const pageFrom = db.prepare(
    'SELECT key, size, etag, modified_ms FROM objects WHERE bucket = ? AND key >= ? ORDER BY key LIMIT ?',
  );

  return function listObjects(
    bucket: string,
    { prefix = '', startAfter = '', delimiter = '', maxKeys = MAX_KEYS }: ListOptions = {},
  ) {
    requireBucket(bucket);
    const objects: ListedObject[] = [];
    const commonPrefixes: string[] = [];
    let after = startAfter;
    let isTruncated = false;
    let last = '';
    listing: for (;;) {
      // One bound only, the greater: SQLite's index seeks to it.
      const beyond = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0;
      const rows = (beyond && after !== '' ? pageAfter : pageFrom).all(
        bucket,
        beyond ? after : prefix,
        MAX_KEYS + 1,
      ) as unknown as IndexRow[];
      for (const row of rows) {
        if (!row.key.startsWith(prefix)) break listing;
        const cut = delimiter ? row.key.indexOf(delimiter, prefix.length) : -1;
        const common = cut < 0 ? '' : row.key.slice(0, cut + delimiter.length);
        if (common && common === startAfter.slice(0, common.length) && startAfter >= common) {
          after = afterPrefix(common);
          continue listing;
        }
        if (objects.length + commonPrefixes.length >= maxKeys) {
          isTruncated = maxKeys > 0;
          break listing;
        }
        if (common) {
          commonPrefixes.push(common);
          last = afterPrefix(common);
          after = last;
          continue listing;
        }
        objects.push({ key: row.key, sizeBytes: row.size, etag: row.etag, lastModified: new Date(row.modified_ms) });
        last = row.key;
        after = row.key;
      }
      if (rows.length <= MAX_KEYS) break;
    }
    return { objects, commonPrefixes, isTruncated, nextStartAfter: isTruncated ? last : null };
  };
}

interface IndexRow {
  key: string;
  size: number;
  etag: string;
  modified_ms: number;
}

/** The greatest string that starts with `prefix`, for our purposes: no key may contain U+10FFFF. */
const afterPrefix = (prefix: string) => `${prefix}\u{10ffff}`;
