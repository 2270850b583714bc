import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { openBatchMemory } from '../inference/batch-memory.ts';
import { countSamples, readBatches } from '../inference/batches.ts';
import { bindFeeds, inputTensors } from '../inference/feed.ts';
import { modelGraph } from '../inference/model-graph.fixture.ts';
import { startPhases } from '../inference/phases.ts';
import { bytesSource } from './bytes-source.ts';
import { maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testdata/formats/${name}`, import.meta.url)));
const byName = { image: 'image', flux: 'flux', redshift: 'redshift', id: 'id' };
const byNumber = { image: 'tensor_0', flux: 'tensor_1', redshift: 'tensor_2', id: 'tensor_3' };

/** Every batch as the model and the predictions file get it, as bytes. */
async function batches(file: string, names: Record<string, string>, batchSize: number) {
  const object = bytesSource(file, testdata(file), 1_001);
  const partition = await openPartition(object);
  const wanted = Object.entries(names).filter(([name]) => name !== 'id');
  const inputs = wanted.map(([name, tensor]): ModelPackage['inputs'][number] => ({
    name,
    tensor,
    dtype: 'float32',
    scale: 1,
    offset: 0,
  }));
  const fed = inputTensors(file, inputs, partition);
  const tensors = fed.map(({ tensor }) => tensor);
  const id = names.id === undefined ? undefined : maybeTensor(partition, names.id);
  const columns = id ? [id] : [];
  const session = modelGraph(
    Object.fromEntries(
      wanted.map(([name], i) => [name, { type: 'float32', shape: ['n', ...(tensors[i]?.shape.slice(1) ?? [])] }]),
    ),
  );
  const feeds = Promise.resolve(bindFeeds(file, fed, session));
  const samples = countSamples(file, [...tensors, ...columns]);
  const plan = { samples, batchSize, inputs: tensors, columns, feeds };
  const seen: Record<string, string | number | undefined>[] = [];
  for await (const batch of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await batch.whole;
    const hex = (data: ArrayBufferView | undefined) =>
      data && hash('sha1', Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const fed = Object.fromEntries(wanted.map(([name]) => [name, hex(batch.feeds[name]?.data)]));
    seen.push({ start: batch.start, count: batch.count, ...fed, id: hex([...batch.columns.values()][0]) });
  }
  return seen;
}

const files: [string, Record<string, string>][] = [
  ['stored.npz', byName],
  ['deflated.npz', byName],
  ['zip64.npz', byName],
  ['deflated-zip64.npz', byName],
  ['dataset.pt', byNumber],
  ['dict.pth', byName],
  ['ordered.pt', byName],
  ['list.pt', byNumber],
  ['tuple.pt', byNumber],
  ['image.pt', { image: 'tensor_0' }],
  ['parameter.pt', byName],
  ['strided.pt', byName],
  ['shared.pt', byName],
  ['expanded.pt', byName],
  ['without-checksums.pt', byName],
  ['big-endian.pt', byName],
  ['zip64.pt', byName],
  ['snappy.parquet', byName],
  ['plain.parquet', byName],
  ['zstd-v2.parquet', byName],
  ['gzip.parquet', byName],
  ['brotli.parquet', byName],
  ['encodings.parquet', byName],
  ['lz4.parquet', byName],
  ['plain.csv', { redshift: 'redshift', id: 'id', flux: 'flux_0, flux_1, flux_2' }],
  ['windows.csv', { redshift: 'redshift', id: 'id', flux: 'flux_0,flux_1,flux_2' }],
];

test.each(files.flatMap(([file, names]) => [1, 7, 23].map((size) => [file, size, names] as const)))(
  '%s in batches of %i gives, bit by bit, the batches of the safetensors file',
  async (file, size, names) => {
    const same = Object.fromEntries(Object.keys(names).map((name) => [name, name]));
    const got = await batches(file, names, size);
    expect(got).toHaveLength(Math.ceil(23 / size));
    expect(got).toEqual(await batches('galaxies.safetensors', same, size));
  },
);
