import { asinhMagnitude, type Band, bandCount, bands, nanomaggyMag, pixelArcsec, seeingArcsec } from './bands.ts';
import { emptyGalaxy, openPopulation } from './population.ts';
import {
  normal,
  normalQuantiles,
  openStream,
  quantileBits,
  type RandomStream,
  skip,
  startStream,
  uniform,
} from './random.ts';
import { addGalaxy, pixelsPerBand, starSigmaPixels } from './render.ts';

export const pixelsPerSample = bandCount * pixelsPerBand;

/** Raised whenever the same seed gives other samples than before. */
export const recipeVersion = 1;

export interface Sky {
  /** Writes the image of sample `index` at `image[at …]`: band, row, column; nanomaggies per pixel, sky subtracted. */
  writeImage(index: number, image: Float32Array, at: number): void;
  /** Writes the five asinh magnitudes of sample `index` at `magnitude[at …]`, and returns its redshift. */
  measure(index: number, magnitude: Float32Array, at: number): number;
}

/**
 * A sky of simulated galaxies as the Sloan Digital Sky Survey would image them: 5 bands of 32 x 32 pixels of 0.396", five
 * measured magnitudes and the true redshift. Sample i depends on (seed, i) and nothing else.
 *
 * The recipe, each part with its source in its own file: what galaxies there are (population.ts), their spectra through the
 * bands at their redshift (spectrum.ts, bands.ts), their light on the pixels under the night's seeing (profile.ts, render.ts),
 * and here the noise: sky noise that gives the survey's limiting magnitudes, photon noise of the galaxy, calibration errors.
 * Left out: neighbours, stars, cosmic rays, non-Gaussian wings of star images, dust of the Milky Way, galaxy evolution.
 */
export function openSky(seed: number): Sky {
  const population = openPopulation();
  const galaxy = emptyGalaxy();
  const stream = openStream();
  const light = new Float64Array(pixelsPerBand);
  const quantiles = normalQuantiles();
  const skyVariances = bands.map(skyVariancePerPixel);

  /** Draws the galaxy of a sample; where it lies between the pixels comes next in the stream. */
  const start = (index: number) => {
    startStream(stream, seed, index);
    population.draw(stream, galaxy);
  };

  return {
    writeImage(index, image, at) {
      start(index);
      const x = uniform(stream) - 0.5;
      const y = uniform(stream) - 0.5;
      for (let b = 0; b < bandCount; b++) {
        const skyVariance = skyVariances[b] as number;
        const photonVariance = 1 / (bands[b] as Band).electronsPerNanomaggy;
        light.fill(0);
        addGalaxy(light, galaxy, b, x, y);
        writeNoisy(light, image, at + b * pixelsPerBand, skyVariance, photonVariance, quantiles, stream);
        skip(stream, MEASURING_WORDS);
      }
    },
    measure(index, magnitude, at) {
      start(index);
      skip(stream, POSITION_WORDS);
      for (let b = 0; b < bandCount; b++) {
        skip(stream, pixelsPerBand);
        const band = bands[b] as Band;
        const skyVariance = skyVariances[b] as number;
        // In the aperture that holds half the light, so its noise is that of the pixels under it.
        const starPixels = starSigmaPixels(band, galaxy.seeingArcsec);
        const galaxyPixels = galaxy.discArcsec / 2 / pixelArcsec;
        const aperturePixels = 4 * Math.PI * (starPixels ** 2 + galaxyPixels ** 2);
        const flux = (galaxy.bulgeFlux[b] as number) + (galaxy.discFlux[b] as number);
        const calibration = 10 ** (-0.4 * band.calibrationMag * normal(stream));
        const error = Math.sqrt(skyVariance * aperturePixels + flux / band.electronsPerNanomaggy) * normal(stream);
        magnitude[at + b] = asinhMagnitude(band, flux * calibration + error);
      }
      return galaxy.redshift;
    },
  };
}

/** Words of the stream: for where the galaxy lies, and for the two errors of a measured magnitude. */
const POSITION_WORDS = 2;
const MEASURING_WORDS = 4;

/** Sky noise, nanomaggies^2 per pixel, that makes a star at the limiting magnitude a 5-sigma detection in median seeing. */
function skyVariancePerPixel(band: Band): number {
  const limitFlux = 10 ** (-0.4 * (band.limitMag - nanomaggyMag));
  return (limitFlux / 5) ** 2 / (4 * Math.PI * starSigmaPixels(band, seeingArcsec) ** 2);
}

/**
 * Light plus Gaussian noise of variance sky + light * photonVariance. The random state lives in locals here (the same step as
 * `nextInt`): this loop runs 5,120 times per sample and is what the generator's speed is made of.
 */
function writeNoisy(
  light: Float64Array,
  image: Float32Array,
  imageAt: number,
  skyVariance: number,
  photonVariance: number,
  quantiles: Float64Array,
  { state }: RandomStream,
): void {
  const mask = (1 << quantileBits) - 1;
  let s0 = state[0] as number;
  let s1 = state[1] as number;
  let s2 = state[2] as number;
  let s3 = state[3] as number;
  for (let i = 0; i < pixelsPerBand; i++) {
    const turned = s0 ^ (s0 << 11);
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = s3 ^ (s3 >>> 19) ^ turned ^ (turned >>> 8);
    const noise = (quantiles[s3 & mask] as number) + (quantiles[(s3 >>> quantileBits) & mask] as number);
    const value = light[i] as number;
    image[imageAt + i] = value + Math.sqrt(skyVariance + value * photonVariance) * noise;
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
}
