import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { AwsError } from '../aws-error.ts';
import { type ReceivedBody, receiveBody } from './body.ts';
import { checkKey } from './key.ts';
import { openListing } from './listing.ts';
import { openMultipart } from './multipart.ts';
import type { PutMeta } from './put-meta.ts';
import { type FilePart, openPart } from './send-file.ts';

/** What is known of a stored object. */
export interface ObjectMeta {
  sizeBytes: number;
  /** Quoted, as S3 sends it. */
  etag: string;
  lastModified: Date;
  contentType: string;
  /** `x-amz-meta-*` and the content headers that a GET gives back, lower case. */
  headers: Record<string, string>;
  /** Checksum algorithm → base64 value, as given or computed at the put. */
  checksums: Record<string, string>;
}

export type ObjectBody = AsyncIterable<Uint8Array> | Uint8Array | string;
export type ObjectStore = ReturnType<typeof openObjectStore>;

/** Bodies up to this size live in the index itself: ten thousand small results cost no file each. */
const INLINE_BYTES = 32 * 1024;

/**
 * Opens the disk-backed object store in `dir`: an SQLite index (byte order of keys, as S3 lists) and one file per larger
 * object. A put becomes visible in one step after its body is whole on disk, so no reader ever sees half an object and a
 * killed process loses nothing that was acknowledged. (Power loss may lose the last moments: the index is written
 * ahead, not flushed, per put.) Names on disk are random, so no key can leave the folder.
 */
export function openObjectStore(dir: string) {
  const dataDir = path.join(dir, 'data');
  const incomingDir = path.join(dir, 'incoming');
  mkdirSync(dataDir, { recursive: true });
  mkdirSync(incomingDir, { recursive: true });
  const db = new DatabaseSync(path.join(dir, 'index.db'));
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000;
    CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS objects (
      bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified_ms INTEGER NOT NULL,
      content_type TEXT NOT NULL, headers TEXT NOT NULL, checksums TEXT NOT NULL, file TEXT, body BLOB,
      PRIMARY KEY (bucket, key));
  `);
  const sql = {
    bucket: db.prepare('SELECT name, created_ms FROM buckets WHERE name = ?'),
    buckets: db.prepare('SELECT name, created_ms FROM buckets ORDER BY name'),
    addBucket: db.prepare('INSERT OR IGNORE INTO buckets VALUES (?, ?)'),
    dropBucket: db.prepare('DELETE FROM buckets WHERE name = ?'),
    one: db.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?'),
    fileOf: db.prepare('SELECT file FROM objects WHERE bucket = ? AND key = ?'),
    put: db.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    any: db.prepare('SELECT 1 FROM objects WHERE bucket = ? LIMIT 1'),
    drop: db.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?'),
  };

  const requireBucket = (bucket: string) => {
    if (!sql.bucket.get(bucket))
      throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${bucket}`, 404);
  };

  const requireRow = (bucket: string, key: string): ObjectRow => {
    const row = sql.one.get(bucket, key) as unknown as ObjectRow | undefined;
    if (row) return row;
    requireBucket(bucket);
    throw new AwsError('NoSuchKey', `The specified key does not exist: ${key}`, 404);
  };

  /** Makes a received body the object: index row and file change hands in one step. */
  const adopt = async (
    bucket: string,
    key: string,
    received: ReceivedBody,
    meta: PutMeta,
    etag: string,
    mayReplace?: () => void,
  ) => {
    let file: string | null = null;
    if (received.file) {
      file = randomUUID();
      await rename(received.file, path.join(dataDir, file));
    }
    let old: string | null;
    try {
      // No await from here to the write: what was checked still holds when the row changes.
      requireBucket(bucket);
      mayReplace?.();
      old = (sql.fileOf.get(bucket, key) as { file: string | null } | undefined)?.file ?? null;
      sql.put.run(
        bucket,
        key,
        received.sizeBytes,
        etag,
        Date.now(),
        meta.contentType ?? 'application/octet-stream',
        JSON.stringify(meta.headers ?? {}),
        JSON.stringify(meta.checksums ?? {}),
        file,
        file ? null : received.bytes,
      );
    } catch (error) {
      if (file) await rm(path.join(dataDir, file), { force: true });
      throw error;
    }
    // Readers that opened the old file keep it until they close it.
    if (old) await rm(path.join(dataDir, old), { force: true });
    return { etag };
  };

  const store = {
    createBucket(bucket: string): boolean {
      return sql.addBucket.run(bucket, Date.now()).changes > 0;
    },
    headBucket: (bucket: string) => requireBucket(bucket),
    deleteBucket(bucket: string): void {
      requireBucket(bucket);
      if (sql.any.get(bucket)) throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409);
      sql.dropBucket.run(bucket);
    },
    listBuckets(): { name: string; created: Date }[] {
      return (sql.buckets.all() as { name: string; created_ms: number }[]).map((row) => ({
        name: row.name,
        created: new Date(row.created_ms),
      }));
    },

    /** Streams a body to disk without making it visible; `commit` does. */
    async receive(body: ObjectBody): Promise<ReceivedBody> {
      return receiveBody(body, path.join(incomingDir, randomUUID()), { inlineBytes: INLINE_BYTES });
    },

    /**
     * @param mayReplace runs right before the write and may throw (conditional puts).
     * @returns the object's ETag: the quoted MD5 of its body.
     */
    async commit(
      bucket: string,
      key: string,
      received: ReceivedBody,
      meta: PutMeta = {},
      mayReplace?: () => void,
    ): Promise<{ etag: string }> {
      checkKey(key);
      return adopt(bucket, key, received, meta, received.etag, mayReplace);
    },

    async putObject(bucket: string, key: string, body: ObjectBody, meta: PutMeta = {}): Promise<{ etag: string }> {
      requireBucket(bucket);
      return store.commit(bucket, key, await store.receive(body), meta);
    },

    headObject(bucket: string, key: string): ObjectMeta {
      return toMeta(requireRow(bucket, key));
    },

    /**
     * The object as it is now, whatever replaces it meanwhile.
     * @param range first and last byte, inclusive; must lie within the object.
     * @returns its bytes, or the part of its file, open, which the caller reads and closes.
     */
    openObject(
      bucket: string,
      key: string,
      range?: { start: number; end?: number },
    ): { meta: ObjectMeta; source: Uint8Array | FilePart } {
      const row = requireRow(bucket, key);
      const meta = toMeta(row);
      const start = range?.start ?? 0;
      const end = range?.end ?? row.size - 1;
      if (row.size === 0 || end < start) return { meta, source: new Uint8Array() };
      if (!row.file) return { meta, source: (row.body as Uint8Array).subarray(start, end + 1) };
      return { meta, source: openPart(path.join(dataDir, row.file), start, end) };
    },

    /** As `openObject`, as a stream. */
    async getObject(
      bucket: string,
      key: string,
      range?: { start: number; end?: number },
    ): Promise<{ meta: ObjectMeta; body: Readable }> {
      const { meta, source } = store.openObject(bucket, key, range);
      if (source instanceof Uint8Array)
        return { meta, body: Readable.from(source.length > 0 ? [Buffer.from(source)] : []) };
      return { meta, body: createReadStream('', { ...source, highWaterMark: 1 << 20 }) };
    },

    async deleteObject(bucket: string, key: string): Promise<void> {
      requireBucket(bucket);
      const file = (sql.fileOf.get(bucket, key) as { file: string | null } | undefined)?.file;
      sql.drop.run(bucket, key);
      if (file) await rm(path.join(dataDir, file), { force: true });
    },

    async copyObject(
      from: { bucket: string; key: string },
      to: { bucket: string; key: string },
      replaceMeta?: PutMeta,
    ): Promise<{ etag: string; lastModified: Date }> {
      checkKey(to.key);
      const { meta, body } = await store.getObject(from.bucket, from.key);
      const { etag } = await store.putObject(
        to.bucket,
        to.key,
        body,
        replaceMeta ?? { contentType: meta.contentType, headers: meta.headers, checksums: meta.checksums },
      );
      return { etag, lastModified: new Date() };
    },

    listObjects: openListing(db, requireBucket),
    multipart: openMultipart(db, dir, { requireBucket, adopt }),

    close(): void {
      db.close();
    },
  };
  return store;
}

interface ObjectRow {
  size: number;
  etag: string;
  modified_ms: number;
  content_type: string;
  headers: string;
  checksums: string;
  file: string | null;
  body: Uint8Array | null;
}

function toMeta(row: ObjectRow): ObjectMeta {
  return {
    sizeBytes: row.size,
    etag: row.etag,
    lastModified: new Date(row.modified_ms),
    contentType: row.content_type,
    headers: JSON.parse(row.headers) as Record<string, string>,
    checksums: JSON.parse(row.checksums) as Record<string, string>,
  };
}
