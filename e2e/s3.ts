import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const BUCKET = 'starmap';
type Connection = Record<'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey', string>;

function client(): S3Client {
  const file = path.join(process.env.STARMAP_HOME ?? '', 'connection.json');
  const connection = JSON.parse(readFileSync(file, 'utf8')) as Connection;
  const { endpoint, region, accessKeyId, secretAccessKey } = connection;
  return new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
}

export async function readObject(key: string): Promise<Buffer> {
  const { Body } = await client().send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

export async function writeObject(key: string, body: Uint8Array): Promise<void> {
  await client().send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
}

export async function deleteObject(key: string): Promise<void> {
  await client().send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
}

/** The float32 tensor `name` of a safetensors file. */
export function floatTensor(file: Buffer, name: string): Float32Array {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [from, to] = (header[name] as { data_offsets: [number, number] }).data_offsets;
  return new Float32Array(Uint8Array.from(file.subarray(8 + headerBytes + from, 8 + headerBytes + to)).buffer);
}
