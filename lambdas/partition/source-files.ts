import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { DATA_FILE_EXTENSIONS, type DataFileExtension, dataFileExtension } from '../../lib/domain/keys.ts';
import type { PartitionRequest } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { comparePartitionKeys } from '../../lib/domain/partition-order.ts';
import type { PartitionRef } from '../../lib/domain/plan.ts';
import { downloadFile } from '../inference/local-files.ts';
import { isAbsent, toFailure } from '../s3/errors.ts';
import { type ObjectSource, openObject } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import { Refusal } from './refusal.ts';

/** A file that is to be split. */
export interface SourceFile {
  /** Path of this machine or s3:// address, for people. */
  name: string;
  sizeBytes: number;
  /** Changes when the file changes: ETag, or the time of its last change. */
  version: string;
  open(): ObjectSource;
}

export interface Source {
  files: SourceFile[];
  extension: DataFileExtension;
  /** Names of the folders beside the files: nothing in them is read. */
  folders: string[];
}

type Found = Pick<Source, 'files' | 'folders'>;

type Where = NonNullable<PartitionRequest['source']>;

/** The data files of the source in natural order, all of one format. */
export async function findSource(where: Where, s3: S3Client, startDownload: StartDownload): Promise<Source> {
  const { files, folders } =
    'path' in where ? await localFiles(where.path) : await storedFiles(s3, startDownload, where);
  const name = 'path' in where ? where.path : `s3://${where.bucket}/${where.key}`;
  const known = DATA_FILE_EXTENSIONS.map((extension) => `.${extension}`).join(', ');
  const [first] = files;
  if (!first) {
    const inside =
      folders.length > 0 ? `it holds folders, give one of them: ${some(folders)}` : `these are read: ${known}`;
    throw new Refusal('source', `${name}: there is no data file in it; ${inside}`);
  }
  const extension = dataFileExtension(first.name);
  if (!extension) throw new Refusal('source', `${first.name}: not a data file; these are read: ${known}`);
  const other = files.find((file) => dataFileExtension(file.name) !== extension);
  if (other) {
    const why = `${first.name} is .${extension}, ${other.name} is .${dataFileExtension(other.name)}`;
    throw new Refusal('source', `${name}: its files have different formats (${why}); put one format in a folder`);
  }
  const empty = files.find((file) => file.sizeBytes === 0);
  if (empty) throw new Refusal('source', `${empty.name}: the file is empty (0 bytes); take it out or write it again`);
  return { files, extension, folders };
}

const MOST_NAMED = 10;

/** What was not read although it lies there. */
export function unreadFolders({ folders }: Source): string[] {
  if (folders.length === 0) return [];
  return [`Only the files of the folder itself were read, not those of the folders in it: ${some(folders)}.`];
}

function some(names: string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return names.slice(0, MOST_NAMED).join(', ') + more;
}

/** Throws where a file is not what it was: rows of two versions would be mixed. */
export async function requireUnchanged(files: SourceFile[]): Promise<void> {
  for (const { name, sizeBytes, version } of files) {
    // Objects are read under their ETag.
    if (name.startsWith('s3://')) continue;
    const now = await stat(name).catch(() => undefined);
    if (now && now.size === sizeBytes && versionOf(now) === version) continue;
    throw new Refusal('source', says`${name} was ${now ? 'changed' : 'removed'} while it was split; ${START_OVER}`);
  }
}

export const START_OVER = says`begin anew with ${option('overwrite')}`;

async function localFiles(given: string): Promise<Found> {
  const found = await statOf(given);
  if (!found.isDirectory()) return { files: [localFile(given, found)], folders: [] };
  const entries = await readdir(given, { withFileTypes: true }).catch((error) => {
    throw unreadable(given, error);
  });
  const names = entries.map(({ name }) => name).filter((name) => dataFileExtension(name));
  const all = await Promise.all(
    names.sort(comparePartitionKeys).map(async (name) => {
      const file = path.join(given, name);
      return { name: file, found: await statOf(file) };
    }),
  );
  return {
    files: all.filter((file) => file.found.isFile()).map((file) => localFile(file.name, file.found)),
    folders: entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name),
  };
}

const statOf = (name: string) =>
  stat(name).catch((error) => {
    throw unreadable(name, error);
  });

function unreadable(name: string, { code, message }: NodeJS.ErrnoException): Refusal {
  return new Refusal('source', `${name}: ${code === 'ENOENT' ? 'there is no such file or folder' : message}`);
}

function localFile(name: string, found: { size: number; mtimeMs: number }): SourceFile {
  const ref = { bucket: '', key: name, size_bytes: found.size, etag: '' };
  return { name, sizeBytes: found.size, version: versionOf(found), open: () => openObject(openLocal, ref) };
}

const versionOf = ({ mtimeMs }: { mtimeMs: number }) => `modified ${new Date(mtimeMs).toISOString()}`;

const openLocal: StartDownload = (ref, first, last) =>
  downloadFile(ref, first, last).catch((error: Error) => {
    throw new Refusal('source', `${ref.key} cannot be read: ${error.message}`);
  });

async function storedFiles(
  s3: S3Client,
  startDownload: StartDownload,
  { bucket, key }: { bucket: string; key: string },
): Promise<Found> {
  const toFile = (ref: PartitionRef): SourceFile => ({
    name: `s3://${bucket}/${ref.key}`,
    sizeBytes: ref.size_bytes,
    version: `ETag ${ref.etag}`,
    open: () => ({ ...openObject(startDownload, ref), key: `s3://${bucket}/${ref.key}` }),
  });
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch((error) => {
      if (!isAbsent(error)) throw error;
      return undefined;
    });
    if (head && !key.endsWith('/'))
      return {
        files: [toFile({ bucket, key, size_bytes: head.ContentLength ?? 0, etag: head.ETag ?? '' })],
        folders: [],
      };
    const refs: PartitionRef[] = [];
    const folders: string[] = [];
    const Prefix = `${key.replace(/\/+$/, '')}/`;
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix, Delimiter: '/' })) {
      for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? [])
        if (dataFileExtension(Key)) refs.push({ bucket, key: Key, size_bytes: Size, etag: ETag });
      for (const folder of page.CommonPrefixes ?? []) folders.push(folder.Prefix?.slice(Prefix.length, -1) ?? '');
    }
    return { files: refs.sort((a, b) => comparePartitionKeys(a.key, b.key)).map(toFile), folders };
  } catch (error) {
    throw toFailure(error, `Reading s3://${bucket}/${key}`);
  }
}
