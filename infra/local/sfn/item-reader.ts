import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';
import type { IntrinsicEffects } from '../asl/intrinsics.ts';
import type { Scope } from '../asl/path.ts';
import { maybeResolve } from '../asl/path.ts';
import { fill } from '../asl/template.ts';
import { type ItemReader, type Json, type JsonObject, StatesError } from '../asl/types.ts';
import { AwsError } from '../aws-error.ts';

/** What the service needs of S3. */
export interface Objects {
  getObject(bucket: string, key: string): Promise<{ body: Readable }>;
  listObjects(
    bucket: string,
    options: { prefix?: string; startAfter?: string },
  ): {
    objects: { key: string; sizeBytes: number; etag: string; lastModified: Date }[];
    isTruncated: boolean;
    nextStartAfter: string | null;
  };
  putObject(bucket: string, key: string, body: AsyncIterable<Uint8Array> | string): Promise<{ etag: string }>;
}

const GET_OBJECT = 'arn:aws:states:::s3:getObject';
const LIST_OBJECTS = 'arn:aws:states:::s3:listObjectsV2';

/** Reads the items of a distributed Map from S3, as its ItemReader says. @throws StatesError States.ItemReaderFailed */
export async function* readItems(
  reader: ItemReader,
  scope: Scope,
  effects: IntrinsicEffects,
  objects: Objects,
): AsyncGenerator<Json> {
  const parameters = fill(reader.Parameters ?? {}, scope, effects) as {
    Bucket?: string;
    Key?: string;
    Prefix?: string;
  };
  const config = reader.ReaderConfig ?? {};
  const maxItems =
    config.MaxItemsPath === undefined ? config.MaxItems : Number(maybeResolve(config.MaxItemsPath, scope));
  let count = 0;
  try {
    for await (const item of source(reader, parameters, objects)) {
      if (maxItems && count >= maxItems) return;
      count += 1;
      yield item;
    }
  } catch (error) {
    if (error instanceof AwsError) throw failed(`${error.message} (${error.code})`);
    if (error instanceof SyntaxError)
      throw failed(`Attempting to parse s3://${parameters.Bucket}/${parameters.Key} failed: ${error.message}`);
    throw error;
  }
}

function source(
  reader: ItemReader,
  { Bucket = '', Key = '', Prefix = '' }: { Bucket?: string; Key?: string; Prefix?: string },
  objects: Objects,
): AsyncIterable<Json> {
  if (reader.Resource === LIST_OBJECTS) return listing(Bucket, Prefix, objects);
  if (reader.Resource !== GET_OBJECT)
    throw failed(`not supported by the local runtime: ItemReader resource ${reader.Resource}`);
  const config = reader.ReaderConfig ?? {};
  switch (config.InputType) {
    case 'JSON':
      return json(Bucket, Key, config.ItemsPointer, objects);
    case 'JSONL':
      return jsonLines(Bucket, Key, objects);
    case 'CSV':
      return csv(lines(contents(Bucket, Key, objects)), config);
    case 'MANIFEST':
      return inventory(Bucket, Key, objects);
    default:
      throw failed(`not supported by the local runtime: ItemReader input type ${config.InputType}`);
  }
}

async function* listing(bucket: string, prefix: string, objects: Objects): AsyncGenerator<Json> {
  let startAfter: string | undefined;
  do {
    const page = objects.listObjects(bucket, { prefix, ...(startAfter ? { startAfter } : {}) });
    for (const { key, sizeBytes, etag, lastModified } of page.objects)
      yield {
        Etag: etag,
        Key: key,
        LastModified: Math.floor(lastModified.getTime() / 1000),
        Size: sizeBytes,
        StorageClass: 'STANDARD',
      };
    startAfter = page.nextStartAfter ?? undefined;
  } while (startAfter);
}

async function* json(bucket: string, key: string, pointer: string | undefined, objects: Objects): AsyncGenerator<Json> {
  const { body } = await objects.getObject(bucket, key);
  const whole = JSON.parse(Buffer.concat((await body.toArray()) as Buffer[]).toString()) as Json;
  const found = pointer ? pointed(whole, pointer) : whole;
  if (Array.isArray(found)) yield* found;
  else if (found !== null && typeof found === 'object')
    for (const [Key, Value] of Object.entries(found)) yield { Key, Value };
  else throw failed(`s3://${bucket}/${key} holds no array or object${pointer ? ` at ${pointer}` : ''}`);
}

/** RFC 6901. */
function pointed(value: Json, pointer: string): Json | undefined {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>(
      (at, part) => (at !== null && typeof at === 'object' ? (at as JsonObject)[part] : undefined),
      value,
    );
}

/**
 * The objects that an S3 inventory lists: its manifest.json names gzipped CSV files and their columns.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
async function* inventory(bucket: string, key: string, objects: Objects): AsyncGenerator<Json> {
  const where = `s3://${bucket}/${key}`;
  const parts: string[] = [];
  for await (const text of decoded(contents(bucket, key, objects))) parts.push(text);
  const parsed = manifest.safeParse(JSON.parse(parts.join('')));
  if (!parsed.success) throw failed(`${where} is no manifest of an S3 inventory in CSV format`);
  const { destinationBucket, fileSchema, files } = parsed.data;
  const config = { CSVHeaderLocation: 'GIVEN' as const, CSVHeaders: fileSchema.split(',').map((name) => name.trim()) };
  const from = destinationBucket?.split(':').at(-1) ?? bucket;
  for (const file of files) {
    const unzipped = (await objects.getObject(from, file.key)).body.pipe(createGunzip());
    for await (const item of csv(lines(unzipped), config)) {
      const row = item as JsonObject;
      // Keys stand in the inventory as in a URL.
      yield typeof row.Key === 'string' ? { ...row, Key: decodeURIComponent(row.Key.replaceAll('+', ' ')) } : row;
    }
  }
}

const manifest = z.object({
  destinationBucket: z.string().optional(),
  fileFormat: z.literal('CSV'),
  fileSchema: z.string(),
  files: z.array(z.object({ key: z.string() })),
});

async function* jsonLines(bucket: string, key: string, objects: Objects): AsyncGenerator<Json> {
  for await (const line of lines(contents(bucket, key, objects)))
    if (line.trim() !== '') yield JSON.parse(line) as Json;
}

async function* csv(
  source: AsyncIterable<string>,
  config: NonNullable<ItemReader['ReaderConfig']>,
): AsyncGenerator<Json> {
  const delimiters: Record<string, string> = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' };
  const delimiter = delimiters[config.CSVDelimiter ?? 'COMMA'] ?? ',';
  let headers = config.CSVHeaderLocation === 'GIVEN' ? config.CSVHeaders : undefined;
  let open = '';
  for await (const line of source) {
    // A quoted field may hold line breaks: the record goes on while a quote is open.
    const record = open === '' ? line : `${open}\n${line}`;
    if ((record.split('"').length - 1) % 2 === 1) {
      open = record;
      continue;
    }
    open = '';
    if (record === '') continue;
    const fields = fieldsOf(record, delimiter);
    if (!headers) headers = fields;
    else yield Object.fromEntries(headers.map((header, index) => [header, fields[index] ?? '']));
  }
}

function fieldsOf(record: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < record.length; at += 1) {
    const character = record[at] as string;
    if (quoted && character === '"' && record[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  return [...fields, field];
}

async function* contents(bucket: string, key: string, objects: Objects): AsyncGenerator<Uint8Array> {
  yield* (await objects.getObject(bucket, key)).body;
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held = '';
  for await (const text of decoded(bytes)) {
    held += text;
    const parts = held.split('\n');
    held = parts.pop() ?? '';
    for (const part of parts) yield part.replace(/\r$/, '');
  }
  if (held !== '') yield held.replace(/\r$/, '');
}

const failed = (cause: string) => new StatesError('States.ItemReaderFailed', cause);
