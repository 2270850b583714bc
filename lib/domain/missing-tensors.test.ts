import { expect, test } from 'vitest';
import type { Dataset } from './dataset.ts';
import { missingTensors } from './missing-tensors.ts';
import type { Model } from './model-package.ts';

const model = (changes: Partial<Model>) =>
  ({ name: 'photoz', inputs: [], reads: [], idTensor: null, truth: [], ...changes }) as unknown as Model;
const dataset = (names: string[], format = 'safetensors') =>
  ({ name: 'sdss', format, manifest: { tensors: names.map((name) => ({ name })) } }) as Dataset;
const input = (tensor: string | null) => model({ inputs: [{ name: 'x', tensor, steps: [] }] });

test('a tensor that an input reads and the data lacks is named, with what to do', () => {
  expect(missingTensors(input('picture'), dataset(['id', 'image']))).toBe(
    'sdss has no tensor picture, which photoz reads for its input x: every run on it will fail. What it has is id, image. Choose other data or another model, or name the right tensor in the model’s model.json.',
  );
  expect(missingTensors(input('image'), dataset(['id', 'image']))).toBeNull();
  // The script makes this one.
  expect(missingTensors(input(null), dataset(['id', 'image']))).toBeNull();
});

test('of columns side by side those that are missing are named', () => {
  expect(missingTensors(input('u, g, r'), dataset(['u', 'r']))).toContain('has no tensor g, which');
  expect(missingTensors(input('u, g, r'), dataset(['u']))).toContain('has no tensors g, r, which');
  expect(missingTensors(input('u,g'), dataset(['u,g']))).toBeNull();
});

test('what the script reads is needed; ids and truths may be done without', () => {
  const told = missingTensors(
    model({ reads: ['error'], idTensor: 'run, field', truth: [{ column: 'z', tensor: 'redshift' }] }),
    dataset(['image', 'run']),
  );
  expect(told).toContain('no tensor error, which photoz reads in its script: every run on it will fail.');
  expect(told).toContain('It has no tensor field, which photoz reads for the ids: the predictions will have none.');
  expect(told).toContain(
    'It has no tensor redshift, which photoz reads as the truth of z: there will be nothing to compare',
  );
});

test('nothing is said where it is not known what the data has', () => {
  expect(missingTensors(input('image'), { ...dataset([]), manifest: null })).toBeNull();
  expect(missingTensors(input('image'), dataset([]))).toBeNull();
  expect(missingTensors(input('image'), dataset(['flux'], 'npy'))).toBeNull();
});

test('of many tensors the first are named', () => {
  const many = Array.from({ length: 400 }, (_, i) => `f${i}`);
  expect(missingTensors(input('image'), dataset(many))).toContain('f11 and 388 more.');
});
