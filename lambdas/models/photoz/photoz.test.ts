import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, it } from 'vitest';
import { modelPackage } from '../../../lib/domain/model-package.ts';
import { openSky, pixelsPerSample } from '../../../lib/domain/sky/sample.ts';

const folder = import.meta.dirname;
const description = modelPackage.parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
const count = 2000;
const image = new Float32Array(count * pixelsPerSample);
const magnitude = new Float32Array(count * 5);
const redshift = new Float32Array(count);
let session: InferenceSession;

beforeAll(async () => {
  session = await InferenceSession.create(join(folder, description.onnx), { intraOpNumThreads: 1 });
  // A seed that neither training nor a demo dataset uses.
  const sky = openSky(424_242);
  for (let i = 0; i < count; i++) {
    redshift[i] = sky.measure(i, magnitude, i * 5);
    sky.writeImage(i, image, i * pixelsPerSample);
  }
});

async function predict(from: number, to: number): Promise<Float32Array> {
  const { redshift: predicted } = await session.run({
    image: new Tensor('float32', image.subarray(from * pixelsPerSample, to * pixelsPerSample), [to - from, 5, 32, 32]),
    magnitude: new Tensor('float32', magnitude.subarray(from * 5, to * 5), [to - from, 5]),
  });
  return predicted?.data as Float32Array;
}

it('has the inputs and outputs that model.json names', () => {
  expect([...session.inputNames].sort()).toEqual(description.inputs.map(({ name }) => name).sort());
  expect(session.outputNames).toEqual(description.outputs.map(({ name }) => name));
});

it('predicts redshifts of galaxies it never saw far better than their mean would, as well as model.json says', async () => {
  const predicted: number[] = [];
  for (let at = 0; at < count; at += 500) predicted.push(...(await predict(at, at + 500)));
  const mean = redshift.reduce((sum, z) => sum + z, 0) / count;
  const errorOf = (guess: (i: number) => number) =>
    redshift.reduce((sum, z, i) => sum + Math.abs(guess(i) - z), 0) / count;
  const mae = errorOf((i) => predicted[i] as number);
  expect(mae).toBeLessThan(0.35 * errorOf(() => mean));
  expect(Math.abs(mae / (description.measured?.mae as number) - 1)).toBeLessThan(0.1);
});

it('gives a sample the same redshift alone as in a batch', async () => {
  const together = await predict(0, 7);
  const alone = await Promise.all([0, 1, 6].map((i) => predict(i, i + 1)));
  expect(alone.map(([z]) => z)).toEqual([0, 1, 6].map((i) => expect.closeTo(together[i] as number, 5)));
});
