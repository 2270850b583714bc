import { layoutSafetensors, type TensorSpec, tensorBytes } from '../safetensors.ts';
import { bandCount } from './bands.ts';
import { imageSide } from './render.ts';
import { pixelsPerSample, type Sky } from './sample.ts';

/**
 * The tensors of a partition and the shape of one sample in each. The 8-byte type first keeps all of them aligned; the images
 * come last, so that a reader has all else when the first of them arrives.
 */
export const sampleTensors: readonly TensorSpec[] = [
  { name: 'id', dtype: 'I64', shape: [] },
  { name: 'magnitude', dtype: 'F32', shape: [bandCount] },
  { name: 'redshift', dtype: 'F32', shape: [] },
  { name: 'image', dtype: 'F32', shape: [bandCount, imageSide, imageSide] },
];

/** 20,512 bytes: 8 + 5 x 4 + 4 + 5 x 32 x 32 x 4. */
export const sampleBytes = sampleTensors.reduce((sum, { dtype, shape }) => sum + tensorBytes(dtype, shape), 0);

/** About 1 MB: small enough that a server stays responsive between two chunks. */
const chunkSamples = 50;

/** Size of the file with that many samples, bytes. */
export function partitionBytes(samples: number): number {
  return layout(samples).sizeBytes;
}

/** The most samples whose file is not larger than `sizeBytes`; 0 when not even one fits. */
export function samplesWithin(sizeBytes: number): number {
  let samples = Math.floor(sizeBytes / sampleBytes);
  while (samples > 0 && partitionBytes(samples) > sizeBytes) samples--;
  return samples;
}

/**
 * How many samples each partition gets: as many partitions of `partitionSizeBytes` as fit into `sizeBytes`, then one with
 * what is left. No file is larger than the partition size and their sum is not above `sizeBytes`.
 */
export function planPartitions(sizeBytes: number, partitionSizeBytes: number): number[] {
  const full = samplesWithin(partitionSizeBytes);
  const plan: number[] = Array(Math.floor(sizeBytes / partitionSizeBytes)).fill(full);
  const rest = samplesWithin(sizeBytes % partitionSizeBytes);
  return rest > 0 ? [...plan, rest] : plan;
}

/** The bytes of the file with samples first … first + count - 1, in pieces of about 1 MB, each its own memory. */
export function* partitionChunks(sky: Sky, first: number, count: number): Generator<Uint8Array> {
  yield layout(count).header;
  const ids = new BigInt64Array(count);
  for (let i = 0; i < count; i++) ids[i] = BigInt(first + i);
  yield bytesOf(ids);

  const magnitude = new Float32Array(count * bandCount);
  const redshift = new Float32Array(count);
  for (let i = 0; i < count; i++) redshift[i] = sky.measure(first + i, magnitude, i * bandCount);
  yield bytesOf(magnitude);
  yield bytesOf(redshift);

  for (let at = 0; at < count; at += chunkSamples) {
    const samples = Math.min(chunkSamples, count - at);
    const image = new Float32Array(samples * pixelsPerSample);
    for (let i = 0; i < samples; i++) sky.writeImage(first + at + i, image, i * pixelsPerSample);
    yield bytesOf(image);
  }
}

function layout(samples: number) {
  return layoutSafetensors(sampleTensors.map((tensor) => ({ ...tensor, shape: [samples, ...tensor.shape] })));
}

/** Typed arrays have the machine's byte order; every platform Node runs on is little-endian, as the format asks. */
function bytesOf(array: BigInt64Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
