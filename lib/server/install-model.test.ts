import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InstallModelEffects, installModel, provideModel } from './install-model.ts';

const photoz = join(import.meta.dirname, '../../lambdas/models/photoz');
const to = { bucket: 'starmap', prefix: 'models/photoz' };
const stored = new Map<string, number>();
const effects: InstallModelEffects = {
  async maybeHeadObject(_bucket, key) {
    const sizeBytes = stored.get(key);
    return sizeBytes === undefined ? undefined : { key, sizeBytes, etag: 'etag', modifiedAt: null };
  },
  async *listObjects(_bucket, prefix) {
    for (const [key, sizeBytes] of stored)
      if (key.startsWith(prefix)) yield { key, sizeBytes, etag: 'etag', modifiedAt: null };
  },
  async deleteObjects(_bucket, keys) {
    for (const key of keys) stored.delete(key);
  },
  async putObject(_bucket, key, body) {
    stored.set(key, body.length);
    return 'etag';
  },
  async uploadObject(_bucket, key, body: Readable) {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    stored.set(key, bytes);
  },
};

let folder: string;
beforeEach(async () => {
  stored.clear();
  folder = await mkdtemp(join(tmpdir(), 'model-'));
});
afterEach(() => rm(folder, { recursive: true }));

const description = (changes: object) =>
  JSON.stringify({
    version: 1,
    name: 'm',
    onnx: 'model.onnx',
    inputs: [{ name: 'image', tensor: 'image' }],
    outputs: [{ name: 'y', column: 'y' }],
    ...changes,
  });

it('uploads the graph, then the model.json that names it', async () => {
  const result = await installModel(photoz, to, effects);
  expect(result).toMatchObject({ ok: true, value: { model: { name: 'photoz', id: 'id' } } });
  expect([...stored.keys()]).toEqual(['models/photoz/model.onnx', 'models/photoz/model.json']);
  expect(result.ok && result.value.sizeBytes).toBe(stored.get('models/photoz/model.onnx'));
});

it('takes away what a package that it replaces has left: its files and the graphs that were prepared of it', async () => {
  for (const name of ['model.onnx', 'model.json', 'weights.bin', 'prepared/1/x64.ort'])
    stored.set(`models/photoz/${name}`, 1);
  stored.set('models/photoz-2/weights.bin', 1);
  await installModel(photoz, to, effects);
  expect([...stored.keys()].sort()).toEqual([
    'models/photoz-2/weights.bin',
    'models/photoz/model.json',
    'models/photoz/model.onnx',
  ]);
});

it('provides the model that a checkout brings, and does not put it over what a user has there', async () => {
  await provideModel(photoz, to, effects);
  expect([...stored.keys()]).toEqual(['models/photoz/model.onnx', 'models/photoz/model.json']);
  stored.set('models/photoz/model.onnx', 1).set('models/photoz/model.json', 2);
  expect(await provideModel(photoz, to, effects)).toMatchObject({ ok: true });
  expect([...stored.values()]).toEqual([1, 2]);
});

it.each([
  ['a folder without model.json', undefined, 'folder'],
  ['something that is not JSON', '{ "version": 1,', 'model.json'],
  ['a missing field', description({ outputs: undefined }), 'outputs'],
  ['a graph that is not there', description({}), 'onnx'],
  ['a graph outside the folder', description({ onnx: '../model.onnx' }), 'onnx'],
])('refuses %s, naming it, and uploads nothing', async (_, text, field) => {
  if (text !== undefined) await writeFile(join(folder, 'model.json'), text);
  const result = await installModel(folder, to, effects);
  expect(result).toMatchObject({ ok: false, fieldErrors: { [field]: expect.any(String) } });
  expect(stored.size).toBe(0);
});
