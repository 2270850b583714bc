import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { partitionBytes, partitionChunks, planPartitions, sampleBytes, samplesWithin } from './partition.ts';
import { survey } from './population.ts';
import { normal, openStream, startStream } from './random.ts';
import { openSky, pixelsPerSample, recipeVersion } from './sample.ts';
import { bandFluxTable, spectra } from './spectrum.ts';

interface Samples {
  image: Float32Array;
  magnitude: Float32Array;
  redshift: Float32Array;
}

function make(seed: number, first: number, count: number): Samples {
  const sky = openSky(seed);
  const image = new Float32Array(count * pixelsPerSample);
  const magnitude = new Float32Array(count * 5);
  const redshift = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    redshift[i] = sky.measure(first + i, magnitude, i * 5);
    sky.writeImage(first + i, image, i * pixelsPerSample);
  }
  return { image, magnitude, redshift };
}

function mean(values: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    sum += value;
    count++;
  }
  return sum / count;
}

describe('a sample', () => {
  it('depends on seed and index only, not on where a batch begins', () => {
    const together = make(7, 0, 12);
    const later = make(7, 5, 7);
    expect(later.image).toEqual(together.image.slice(5 * pixelsPerSample));
    expect(later.magnitude).toEqual(together.magnitude.slice(25));
    expect(later.redshift).toEqual(together.redshift.slice(5));
  });

  it('is what recipe 1 makes: another digest means a new recipeVersion and a model trained again', () => {
    const { image, magnitude, redshift } = make(1, 0, 20);
    const hash = createHash('sha256').update(image).update(magnitude).update(redshift);
    expect([recipeVersion, hash.digest('hex').slice(0, 16)]).toEqual([1, '532fbde5021a36ae']);
  });

  it('differs with the seed and with the index, above 2^32 too', () => {
    const redshifts = [make(1, 0, 2), make(2, 0, 2), make(1 + 2 ** 32, 0, 2), make(1, 2 ** 32, 2)].flatMap((made) => [
      ...made.redshift,
    ]);
    expect(new Set(redshifts).size).toBe(redshifts.length);
  });

  it('is finite everywhere and within the survey', () => {
    const { image, magnitude, redshift } = make(3, 0, 2000);
    expect(image.every(Number.isFinite)).toBe(true);
    expect(magnitude.every((value) => value > 8 && value < 27)).toBe(true);
    expect(redshift.every((z) => z >= survey.minRedshift && z <= survey.maxRedshift)).toBe(true);
    expect(mean(redshift)).toBeGreaterThan(0.15);
    expect(mean(redshift)).toBeLessThan(0.2);
  });

  it('has light in the middle and only noise in the corners of a faint, small galaxy', () => {
    const { image, magnitude } = make(4, 0, 300);
    let faintest = 0;
    for (let i = 0; i < 300; i++) {
      if ((magnitude[i * 5 + 2] as number) > (magnitude[faintest * 5 + 2] as number)) faintest = i;
    }
    const r = image.subarray(faintest * pixelsPerSample + 2 * 1024, faintest * pixelsPerSample + 3 * 1024);
    const middle = mean([15, 16].flatMap((row) => [...r.subarray(row * 32 + 14, row * 32 + 18)]));
    const corner = mean([0, 1, 2, 3].flatMap((row) => [...r.subarray(row * 32, row * 32 + 4)]));
    expect(middle).toBeGreaterThan(0.15);
    expect(Math.abs(corner)).toBeLessThan(0.06);
  });

  it('has images as bright as its magnitudes say', () => {
    const { image, magnitude } = make(5, 0, 500);
    const ratios = Array.from({ length: 500 }, (_, i) => {
      const at = i * pixelsPerSample + 2 * 1024;
      const summed = mean(image.subarray(at, at + 1024)) * 1024;
      return summed / 10 ** (-0.4 * ((magnitude[i * 5 + 2] as number) - 22.5));
    }).sort((a, b) => a - b);
    // The stamp is 12.7" wide: it misses the outskirts of most galaxies, not more.
    expect(ratios[250]).toBeGreaterThan(0.75);
    expect(ratios[250]).toBeLessThan(1.02);
  });
});

describe('colours', () => {
  it.each([
    ['old', 0.4],
    ['young', 0.15],
  ] as const)('of %s stars redden in g - r as the 4,000 Å break moves through g', (name, atLeast) => {
    const table = bandFluxTable(spectra[name], 0.3, 0.05);
    const colours = Array.from(
      { length: 7 },
      (_, i) => 2.5 * Math.log10((table[i * 5 + 2] ?? 0) / (table[i * 5 + 1] ?? 1)),
    );
    expect((colours[6] as number) - (colours[0] as number)).toBeGreaterThan(atLeast);
  });

  it('of whole samples follow redshift', () => {
    const { magnitude, redshift } = make(6, 0, 6000);
    const bins: number[][] = [[], [], [], []];
    for (let i = 0; i < redshift.length; i++) {
      const bin = Math.floor((redshift[i] as number) / 0.1);
      bins[bin]?.push((magnitude[i * 5 + 1] as number) - (magnitude[i * 5 + 2] as number));
    }
    const colours = bins.map(mean);
    for (let i = 1; i < colours.length; i++) expect(colours[i]).toBeGreaterThan((colours[i - 1] as number) + 0.05);
  });
});

describe('noise', () => {
  it('is standard normal', () => {
    const stream = openStream();
    startStream(stream, 1, 1);
    const draws = Array.from({ length: 100_000 }, () => normal(stream));
    expect(mean(draws)).toBeCloseTo(0, 1);
    expect(mean(draws.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(draws.map((x) => x ** 4))).toBeCloseTo(3, 0);
  });

  it('of the sky has the width that gives the limiting magnitude', () => {
    const { image } = make(8, 0, 400);
    // u: the band with the least light from galaxies. Corner pixels of all samples, by their quartiles.
    const pixels = Array.from({ length: 400 }, (_, i) => image[i * pixelsPerSample] as number).sort((a, b) => a - b);
    const sigma = ((pixels[300] as number) - (pixels[100] as number)) / 1.349;
    // 22.15 mag is 1.38 nanomaggies: a fifth of it over the root of 4 pi sigma^2 = 29 pixels of the star's image in u.
    expect(sigma).toBeGreaterThan(0.045);
    expect(sigma).toBeLessThan(0.06);
  });
});

describe('partitions', () => {
  it('hold as many samples as fit, and one more would not', () => {
    expect(sampleBytes).toBe(20_512);
    for (const sizeBytes of [100_000, 1_000_000, 25_000_000, 100_000_000]) {
      const samples = samplesWithin(sizeBytes);
      expect(partitionBytes(samples)).toBeLessThanOrEqual(sizeBytes);
      expect(partitionBytes(samples + 1)).toBeGreaterThan(sizeBytes);
    }
    expect(samplesWithin(25_000_000)).toBe(1218);
    expect(samplesWithin(20_000)).toBe(0);
  });

  it('add up to the size asked for, the last one smaller', () => {
    expect(planPartitions(100e6, 25e6)).toEqual([1218, 1218, 1218, 1218]);
    expect(planPartitions(5e6, 2e6)).toEqual([97, 97, 48]);
    expect(planPartitions(1e6, 25e6)).toEqual([48]);
    expect(planPartitions(12.6e9, 25e6)).toHaveLength(504);
  });

  it('are files of exactly the size stated, with every tensor where the header says', () => {
    const file = Buffer.concat([...partitionChunks(openSky(9), 100, 120)]);
    expect(file.length).toBe(partitionBytes(120));
    const headerBytes = Number(file.readBigUInt64LE(0));
    expect((8 + headerBytes) % 8).toBe(0);
    const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
    expect(Object.keys(header)).toEqual(['id', 'magnitude', 'redshift', 'image']);
    expect(header.image).toMatchObject({ dtype: 'F32', shape: [120, 5, 32, 32] });
    const data = file.subarray(8 + headerBytes);
    const tensor = (name: string) => data.subarray(header[name].data_offsets[0], header[name].data_offsets[1]);
    const expected = make(9, 100, 120);
    expect(tensor('id').readBigInt64LE(8)).toBe(101n);
    expect(tensor('image').equals(Buffer.from(expected.image.buffer))).toBe(true);
    expect(tensor('magnitude').equals(Buffer.from(expected.magnitude.buffer))).toBe(true);
    expect(tensor('redshift').equals(Buffer.from(expected.redshift.buffer))).toBe(true);
  });

  it('do not change the samples by their size', () => {
    const images = (plan: number[]) => {
      let first = 0;
      const parts: Buffer[] = [];
      for (const count of plan) {
        const file = Buffer.concat([...partitionChunks(openSky(2), first, count)]);
        parts.push(file.subarray(file.length - count * pixelsPerSample * 4));
        first += count;
      }
      return Buffer.concat(parts);
    };
    expect(images([60, 60, 10]).equals(images([130]))).toBe(true);
  });
});
