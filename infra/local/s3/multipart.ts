import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AwsError } from '../aws-error.ts';
import { type ReceivedBody, receiveBody } from './body.ts';
import { checkKey } from './key.ts';
import type { PutMeta } from './put-meta.ts';

/** Smallest part but the last, bytes: S3's limit. */
const MIN_PART_BYTES = 5 * 2 ** 20;

interface Effects {
  requireBucket(bucket: string): void;
  adopt(
    bucket: string,
    key: string,
    received: ReceivedBody,
    meta: PutMeta,
    etag: string,
    mayReplace?: () => void,
  ): Promise<{ etag: string }>;
}

/** Multipart uploads: parts are files of their own until they are joined, and survive a restart. */
export function openMultipart(db: DatabaseSync, dir: string, { requireBucket, adopt }: Effects) {
  const partsDir = path.join(dir, 'parts');
  mkdirSync(partsDir, { recursive: true });
  db.exec(`
    CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, meta TEXT NOT NULL, started_ms INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS parts (
      upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL, modified_ms INTEGER NOT NULL,
      PRIMARY KEY (upload, number));
  `);
  const sql = {
    upload: db.prepare('SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?'),
    addUpload: db.prepare('INSERT INTO uploads VALUES (?, ?, ?, ?, ?)'),
    dropUpload: db.prepare('DELETE FROM uploads WHERE id = ?'),
    part: db.prepare('SELECT * FROM parts WHERE upload = ? AND number = ?'),
    parts: db.prepare('SELECT * FROM parts WHERE upload = ? ORDER BY number'),
    addPart: db.prepare('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)'),
    dropParts: db.prepare('DELETE FROM parts WHERE upload = ?'),
  };
  const requireUpload = (bucket: string, key: string, id: string): { meta: string } => {
    const row = sql.upload.get(id, bucket, key) as { meta: string } | undefined;
    if (!row)
      throw new AwsError(
        'NoSuchUpload',
        'The specified upload does not exist. It may have been aborted or completed.',
        404,
      );
    return row;
  };
  const fileOf = (name: string) => path.join(partsDir, name);
  const forget = async (id: string) => {
    const parts = sql.parts.all(id) as unknown as PartRow[];
    sql.dropParts.run(id);
    sql.dropUpload.run(id);
    for (const part of parts) await rm(fileOf(part.file), { force: true });
  };

  return {
    create(bucket: string, key: string, meta: PutMeta): string {
      requireBucket(bucket);
      checkKey(key);
      const id = randomUUID().replaceAll('-', '');
      sql.addUpload.run(id, bucket, key, JSON.stringify(meta), Date.now());
      return id;
    },

    /** @returns the part's ETag, quoted. */
    async putPart(
      bucket: string,
      key: string,
      id: string,
      number: number,
      body: AsyncIterable<Uint8Array>,
    ): Promise<string> {
      requireUpload(bucket, key, id);
      if (!(Number.isInteger(number) && number >= 1 && number <= 10_000))
        throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      const name = randomUUID();
      const received = await receiveBody(body, fileOf(name), { inlineBytes: -1 });
      if (!received.file) await (await open(fileOf(name), 'wx')).close();
      requireUpload(bucket, key, id);
      const old = sql.part.get(id, number) as PartRow | undefined;
      sql.addPart.run(id, number, name, received.sizeBytes, received.md5.toString('hex'), Date.now());
      if (old) await rm(fileOf(old.file), { force: true });
      return received.etag;
    },

    /** Joins the named parts in order; S3's ETag of the whole is the MD5 of the parts' MD5s. */
    async complete(
      bucket: string,
      key: string,
      id: string,
      wanted: { number: number; etag: string }[],
      mayReplace?: () => void,
    ): Promise<{ etag: string }> {
      const upload = requireUpload(bucket, key, id);
      if (wanted.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part');
      const parts = wanted.map(({ number, etag }, index) => {
        if (index > 0 && number <= (wanted[index - 1]?.number ?? 0))
          throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order');
        const part = sql.part.get(id, number) as PartRow | undefined;
        if (!part || part.md5 !== etag.replaceAll('"', ''))
          throw new AwsError('InvalidPart', `Part ${number} was not found, or its ETag does not match`);
        if (index < wanted.length - 1 && part.size < MIN_PART_BYTES)
          throw new AwsError('EntityTooSmall', `Part ${number} is smaller than the minimum of 5 MiB`);
        return part;
      });
      const joined = fileOf(randomUUID());
      const target = await open(joined, 'wx');
      for (const part of parts) {
        for await (const chunk of createReadStream(fileOf(part.file), { highWaterMark: 1 << 20 }))
          await target.write(chunk as Buffer);
      }
      await target.close();
      const md5 = createHash('md5')
        .update(Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'hex'))))
        .digest();
      const etag = `"${md5.toString('hex')}-${parts.length}"`;
      const received = {
        sizeBytes: parts.reduce((sum, part) => sum + part.size, 0),
        md5,
        etag,
        bytes: null,
        file: joined,
      };
      const result = await adopt(bucket, key, received, JSON.parse(upload.meta) as PutMeta, etag, mayReplace);
      await forget(id);
      return result;
    },

    async abort(bucket: string, key: string, id: string): Promise<void> {
      requireUpload(bucket, key, id);
      await forget(id);
    },

    listParts(
      bucket: string,
      key: string,
      id: string,
    ): { number: number; sizeBytes: number; etag: string; lastModified: Date }[] {
      requireUpload(bucket, key, id);
      return (sql.parts.all(id) as unknown as PartRow[]).map((part) => ({
        number: part.number,
        sizeBytes: part.size,
        etag: `"${part.md5}"`,
        lastModified: new Date(part.modified_ms),
      }));
    },

    listUploads(bucket: string): { id: string; key: string; started: Date }[] {
      requireBucket(bucket);
      const rows = db.prepare('SELECT id, key, started_ms FROM uploads WHERE bucket = ? ORDER BY key').all(bucket) as {
        id: string;
        key: string;
        started_ms: number;
      }[];
      return rows.map((row) => ({ id: row.id, key: row.key, started: new Date(row.started_ms) }));
    },
  };
}

interface PartRow {
  number: number;
  file: string;
  size: number;
  md5: string;
  modified_ms: number;
}
