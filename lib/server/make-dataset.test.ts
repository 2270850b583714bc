import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredObject } from '../aws/objects.ts';
import { type DatasetManifest, datasetManifest } from '../domain/dataset.ts';
import { isUnfinished } from '../domain/partition-job.ts';
import { pixelsPerSample } from '../domain/sky/sample.ts';
import { type DatasetProgress, type MakeDatasetEffects, makeDataset } from './make-dataset.ts';

const objects = new Map<string, Buffer>();
const order: string[] = [];
const effects: MakeDatasetEffects = {
  datasetInUse: async () => null,
  now: () => new Date('2026-11-23T12:00:00Z'),
  async *listObjects(_bucket, prefix): AsyncGenerator<StoredObject> {
    for (const [key, body] of objects)
      if (key.startsWith(prefix)) yield { key, sizeBytes: body.length, etag: '', modifiedAt: null };
  },
  async putObject(_bucket, key, body) {
    objects.set(key, Buffer.from(body));
    order.push(key);
    return 'etag';
  },
  async uploadObject(_bucket, key, body: Readable) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk as Uint8Array);
    objects.set(key, Buffer.concat(chunks));
    order.push(key);
  },
  async deleteObjects(_bucket, keys) {
    for (const key of keys) objects.delete(key);
  },
};
const request = { bucket: 'starmap', prefix: 'datasets/sdss-5MB', sizeBytes: 5e6, partitionSizeBytes: 2e6, seed: 3 };

beforeEach(() => {
  objects.clear();
  order.length = 0;
});

async function made(input: Parameters<typeof makeDataset>[0]): Promise<DatasetManifest> {
  const result = await makeDataset(input, effects);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

describe('makeDataset', () => {
  it('goes into a folder that was made in the S3 console', async () => {
    objects.set('datasets/sdss-5MB/', Buffer.alloc(0));
    expect(await made(request)).toMatchObject({ name: 'sdss-5MB' });
  });

  it('writes the partitions, then a manifest that tells their true sizes', async () => {
    const manifest = await made(request);
    expect(order).toEqual([
      'datasets/sdss-5MB/partition-state.json',
      ...[1, 2, 3].map((n) => `datasets/sdss-5MB/${n}.safetensors`),
      'datasets/sdss-5MB/dataset.json',
    ]);
    const stored = datasetManifest.parse(JSON.parse(String(objects.get('datasets/sdss-5MB/dataset.json'))));
    expect(stored).toEqual(manifest);
    expect(stored).toMatchObject({ name: 'sdss-5MB', samples: 242, partition_size_bytes: 2e6, made_by: { seed: 3 } });
    for (const { file, bytes } of stored.partitions) {
      expect(objects.get(`datasets/sdss-5MB/${file}`)).toHaveLength(bytes);
      expect(bytes).toBeLessThanOrEqual(2e6);
    }
    expect(stored.bytes).toBe(stored.partitions.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(stored.bytes).toBeLessThanOrEqual(5e6);
  });

  it('makes the same samples whatever the partition size', async () => {
    const digests = new Set<string>();
    for (const partitionSizeBytes of [1e6, 2e6]) {
      // Multiples of one another in samples, not in bytes: compare those that both have.
      const manifest = await made({ ...request, partitionSizeBytes, overwrite: true });
      const hash = createHash('sha256');
      let left = 200;
      for (const { file, samples } of manifest.partitions) {
        const bytes = objects.get(`datasets/sdss-5MB/${file}`) as Buffer;
        const start = bytes.length - samples * pixelsPerSample * 4;
        const taken = Math.min(left, samples);
        hash.update(bytes.subarray(start, start + taken * pixelsPerSample * 4));
        left -= taken;
      }
      expect(left).toBe(0);
      digests.add(hash.digest('hex'));
    }
    expect(digests.size).toBe(1);
  });

  it('reports progress up to the last byte', async () => {
    const seen: DatasetProgress[] = [];
    const { bytes } = await made({ ...request, onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ partitions: 3, partitionsDone: 3, bytesDone: bytes, bytes });
    expect(seen.length).toBeGreaterThan(6);
  });

  it('deletes what it has written when it is stopped', async () => {
    const stop = new AbortController();
    const onProgress = ({ partitionsDone }: DatasetProgress) => partitionsDone === 2 && stop.abort();
    await expect(made({ ...request, onProgress, signal: stop.signal })).rejects.toThrow('aborted');
    expect(order.slice(1)).toEqual([1, 2].map((n) => `datasets/sdss-5MB/${n}.safetensors`));
    expect(objects.size).toBe(0);
  });

  it('is unfinished from its first partition until it is whole, also where it replaces another', async () => {
    await made(request);
    const isWhole: boolean[] = [];
    const onProgress = () => isWhole.push(!isUnfinished([...objects.keys()]));
    await made({ ...request, overwrite: true, onProgress });
    expect(new Set(isWhole)).toEqual(new Set([false]));
    expect([...objects.keys()].filter((key) => key.endsWith('.json'))).toEqual(['datasets/sdss-5MB/dataset.json']);
  });

  it('refuses a prefix with a dataset in it, and replaces it when told to', async () => {
    await made(request);
    const again = await makeDataset({ ...request, sizeBytes: 1e6 }, effects);
    expect(again).toMatchObject({
      ok: false,
      fieldErrors: {
        prefix: expect.stringContaining('already holds 4 files. Choose another name, or replace what is there'),
      },
    });
    await made({ ...request, sizeBytes: 1e6, overwrite: true });
    expect([...objects.keys()].sort()).toEqual(['datasets/sdss-5MB/1.safetensors', 'datasets/sdss-5MB/dataset.json']);
  });

  it('never deletes what is not a dataset', async () => {
    objects.set('datasets/sdss-5MB/thesis.tex', Buffer.from('years of work'));
    const result = await makeDataset({ ...request, overwrite: true }, effects);
    expect(result).toMatchObject({ ok: false, fieldErrors: { prefix: expect.stringContaining('thesis.tex') } });
    expect(objects.size).toBe(1);
  });

  it('does not mind a neighbour whose name begins alike', async () => {
    objects.set('datasets/sdss-5MB-other/1.safetensors', Buffer.from('x'));
    await made(request);
    expect(objects.has('datasets/sdss-5MB-other/1.safetensors')).toBe(true);
  });

  it.each([
    ['sizeBytes', { sizeBytes: 1000 }],
    ['sizeBytes', { sizeBytes: 1e6 + 0.5 }],
    ['sizeBytes', { sizeBytes: Number.NaN }],
    ['partitionSizeBytes', { partitionSizeBytes: 0 }],
    ['partitionSizeBytes', { sizeBytes: 12.6e9, partitionSizeBytes: 30_000 }],
    ['prefix', { prefix: '/datasets/' }],
    ['prefix', { prefix: 'datasets/..' }],
    ['prefix', { prefix: 'datasets/.hidden' }],
    ['bucket', { bucket: 'My Bucket' }],
    ['seed', { seed: -1 }],
  ])('names %s when it is wrong', async (field, wrong) => {
    const result = await makeDataset({ ...request, ...wrong }, effects);
    expect(result).toMatchObject({ ok: false, fieldErrors: { [field]: expect.any(String) } });
    expect(objects.size).toBe(0);
  });
});
