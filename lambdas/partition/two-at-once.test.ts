import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { requireWritten, type Target } from './target.ts';
import { uploadPartition } from './upload-partition.ts';

// Two processes that split to the same place: none may call the mixture a dataset.

const words = /is not as it was written: another process writes to the same place; .* --overwrite/;
const done = ['1.npz', '2.npz'].map((file) => ({ file, samples: 3, bytes: 9, sha256: '', etag: `"${file}"` }));

test.each<[string, Record<string, string>, RegExp | undefined]>([
  ['all is as written', {}, undefined],
  ['dataset.json of the other one', { 'd/dataset.json': '"json"' }, undefined],
  ['a file of the other one in place of ours', { 'd/2.npz': '"other"' }, /s3:\/\/b\/d\/2\.npz is not/],
  ['a file of the other one beside ours', { 'd/3.npz': '"3.npz"' }, /s3:\/\/b\/d\/3\.npz is not/],
])('at the end: %s', (_, others, message) => {
  const etags = { ...Object.fromEntries(done.map(({ file, etag }) => [`d/${file}`, etag])), ...others };
  const objects: Target['objects'] = new Map(Object.entries(etags).map(([key, etag]) => [key, { bytes: 9, etag }]));
  const target: Target = { bucket: 'b', prefix: 'd', objects, manifest: undefined, state: undefined };
  if (!message) return requireWritten(target, done);
  expect(() => requireWritten(target, done)).toThrow(message);
  expect(() => requireWritten(target, done)).toThrow(words);
  objects.clear();
  expect(() => requireWritten(target, done)).toThrow(/d\/1\.npz is not/);
});

test('the other one deletes a file that was just written', async () => {
  const send = async (command: unknown) => {
    if (!(command instanceof HeadObjectCommand)) return {};
    throw Object.assign(new Error('UnknownError'), { name: 'NotFound', $metadata: { httpStatusCode: 404 } });
  };
  const write = (sink: (bytes: Uint8Array) => Promise<void>) => sink(Buffer.from('npz'));
  const { signal } = new AbortController();
  const s3 = { send } as unknown as S3Client;
  await expect(uploadPartition(s3, 'b', 'd/1.npz', write, () => {}, signal)).rejects.toThrow(words);
});
