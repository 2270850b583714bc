import { type Band, bandCount, bands, nanomaggyMag, rBand, seeingArcsec } from './bands.ts';
import { distanceTables } from './cosmology.ts';
import { normal, type RandomStream, uniform } from './random.ts';
import { bandFluxTable, spectra } from './spectrum.ts';

/**
 * Which galaxies there are. Everything about one galaxy but its pixels.
 *
 * - Luminosity: Schechter function of the SDSS, M* = -21.21 (h = 0.7), alpha = -1.05 (Blanton et al. 2003, ApJ 592, 819).
 * - Redshift: not chosen but what follows: comoving volume times the galaxies brighter than the survey's r limit there.
 * - Type: the share of early types rises with luminosity (bimodality: Strateva et al. 2001; Baldry et al. 2004, ApJ 600, 681).
 *   Early types are bulges of old stars with a faint old disc; late types are star-forming discs with a small old bulge, so
 *   colour changes with radius as it does in the sky. The larger the bulge, the older the disc (Roberts & Haynes 1994,
 *   ARA&A 32, 115).
 * - Size: log-normal about a power law of luminosity, by type (Shen et al. 2003, MNRAS 343, 978).
 * - Shape: discs are flattened spheroids (thickness 0.2) seen at a random inclination; bulges are rounder.
 * - Dust: attenuation of the disc as wavelength^-0.7 (Charlot & Fall 2000, ApJ 539, 718), more when seen edge-on.
 * - Seeing: log-normal about the survey's median, 8 % scatter.
 */
export interface Galaxy {
  redshift: number;
  early: boolean;
  /** Flux through each band, nanomaggies. */
  bulgeFlux: Float64Array;
  discFlux: Float64Array;
  /** Half-light radii along the long axis, arcsec. */
  bulgeArcsec: number;
  discArcsec: number;
  /** Short over long axis. */
  bulgeAxisRatio: number;
  discAxisRatio: number;
  /** Of the long axis, radians. */
  angle: number;
  /** Full width at half maximum of a star in r, arcsec. */
  seeingArcsec: number;
}

/**
 * Survey limits. SDSS took spectra to r = 17.77; photometric redshifts are for the galaxies beyond, so this sample goes to
 * r = 19.5, where the spectra of DESI's bright galaxy survey end (Hahn et al. 2023, AJ 165, 253).
 */
export const survey = { limitMag: 19.5, minRedshift: 0.01, maxRedshift: 0.6 };

const schechter = { mStar: -21.21, alpha: -1.05, brightestMag: -24.5, faintestMag: -14 };
const step = 0.001;
const magnitudeStep = 0.01;

export interface Population {
  /** Draws the next galaxy of the stream into `galaxy`, allocating nothing. */
  draw(stream: RandomStream, galaxy: Galaxy): void;
}

export function emptyGalaxy(): Galaxy {
  return {
    redshift: 0,
    early: false,
    bulgeFlux: new Float64Array(bandCount),
    discFlux: new Float64Array(bandCount),
    bulgeArcsec: 0,
    discArcsec: 0,
    bulgeAxisRatio: 1,
    discAxisRatio: 1,
    angle: 0,
    seeingArcsec,
  };
}

/** The population, ready to draw from. The tables behind it (some 200 ms) are made once per process. */
export function openPopulation(): Population {
  tables ??= makeTables();
  const { distances, old, young, brighter, faintest, redshifts } = tables;

  return {
    draw(stream, galaxy) {
      const z = step * positionOf(uniform(stream) * (redshifts.at(-1) as number), redshifts);
      const cell = Math.floor(z / step);
      const share = z / step - cell;
      const limit = between(faintest, cell, share);
      const mag =
        schechter.brightestMag + magnitudeStep * positionOf(uniform(stream) * valueAt(brighter, limit), brighter);
      const luminosity = 10 ** (-0.4 * (mag - schechter.mStar));

      galaxy.redshift = z;
      galaxy.early = uniform(stream) < 1 / (1 + Math.exp((mag + 21) / 0.55));
      const bulgeShare = galaxy.early
        ? 0.6 + 0.4 * uniform(stream)
        : Math.min(0.45, 0.15 * Math.exp(0.6 * normal(stream)));
      const youth = galaxy.early
        ? 0.1 * uniform(stream)
        : Math.max(0.2, Math.min(0.85, 0.75 - 0.8 * bulgeShare + 0.08 * normal(stream)));
      const inclination = uniform(stream);
      galaxy.discAxisRatio = Math.sqrt(0.04 + 0.96 * inclination * inclination);
      galaxy.bulgeAxisRatio = 0.55 + 0.45 * uniform(stream);
      const depth = galaxy.early ? 0.05 : (0.2 + 0.15 * uniform(stream)) / Math.max(0.4, galaxy.discAxisRatio);
      // One slope per galaxy: age and metallicity differ more than two spectra can tell.
      const tilt = 0.05 * normal(stream);

      const kpcPerArcsec = between(distances.kpcPerArcsec, cell, share);
      const scatter = Math.exp(0.3 * normal(stream));
      const halfLightKpc = galaxy.early ? 4.6 * luminosity ** 0.6 * scatter : 5.2 * luminosity ** 0.4 * scatter;
      const halfLightArcsec = Math.min(6, halfLightKpc / kpcPerArcsec);
      galaxy.discArcsec = halfLightArcsec;
      galaxy.bulgeArcsec = galaxy.early ? halfLightArcsec : 0.3 * halfLightArcsec;
      galaxy.angle = Math.PI * uniform(stream);
      galaxy.seeingArcsec = seeingArcsec * Math.exp(0.08 * normal(stream));

      const bright = 10 ** (-0.4 * (mag + between(distances.modulus, cell, share) - nanomaggyMag));
      for (let b = 0; b < bandCount; b++) {
        const restA = (bands[b] as Band).wavelengthA / (1 + z);
        const slope = (restA / 5500) ** tilt;
        const dust = Math.exp(-depth * (restA / 5500) ** -0.7);
        const oldFlux = between(old, cell, share, bandCount, b);
        const youngFlux = between(young, cell, share, bandCount, b);
        galaxy.bulgeFlux[b] = bright * slope * bulgeShare * oldFlux;
        galaxy.discFlux[b] = bright * slope * dust * (1 - bulgeShare) * (youth * youngFlux + (1 - youth) * oldFlux);
      }
    },
  };
}

let tables: ReturnType<typeof makeTables> | undefined;

function makeTables() {
  const tableEnd = survey.maxRedshift + step;
  const distances = distanceTables(tableEnd, step);
  const old = bandFluxTable(spectra.old, tableEnd, step);
  const young = bandFluxTable(spectra.young, tableEnd, step);
  const brighter = countBrighter();
  const faintest = faintestMagnitudes(distances.modulus, old, young);
  const redshifts = redshiftCumulative(distances.volume, faintest, brighter);
  return { distances, old, young, brighter, faintest, redshifts };
}

/** Cumulative number of galaxies brighter than brightestMag + i * magnitudeStep, per volume, arbitrary unit. */
function countBrighter(): Float64Array {
  const count = Math.round((schechter.faintestMag - schechter.brightestMag) / magnitudeStep) + 1;
  const cumulative = new Float64Array(count);
  for (let i = 1; i < count; i++) {
    const luminosity = 10 ** (-0.4 * (schechter.brightestMag + (i - 0.5) * magnitudeStep - schechter.mStar));
    cumulative[i] = (cumulative[i - 1] as number) + luminosity ** (schechter.alpha + 1) * Math.exp(-luminosity);
  }
  return cumulative;
}

/** Absolute magnitude that reaches the survey limit at each redshift, as a position in the `countBrighter` table. */
function faintestMagnitudes(modulus: Float64Array, old: Float64Array, young: Float64Array): Float64Array {
  return modulus.map((distance, i) => {
    const row = i * bandCount + rBand;
    const meanK = -2.5 * Math.log10(((old[row] as number) + (young[row] as number)) / 2);
    const mag = Math.min(survey.limitMag - distance - meanK, schechter.faintestMag);
    return Math.max(0, (mag - schechter.brightestMag) / magnitudeStep);
  });
}

/** Cumulative number of galaxies the survey sees below each redshift. */
function redshiftCumulative(volume: Float64Array, faintest: Float64Array, brighter: Float64Array): Float64Array {
  const cumulative = new Float64Array(volume.length - 1);
  for (let i = 1; i < cumulative.length; i++) {
    const inside = i * step > survey.minRedshift && i * step <= survey.maxRedshift;
    const seen = inside ? (volume[i] as number) * valueAt(brighter, faintest[i] as number) : 0;
    cumulative[i] = (cumulative[i - 1] as number) + seen;
  }
  return cumulative;
}

/** Where a rising table reaches `value`, as a fractional index. */
function positionOf(value: number, rising: Float64Array): number {
  let low = 0;
  let high = rising.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) < value) low = middle;
    else high = middle;
  }
  const from = rising[low] as number;
  const to = rising[high] as number;
  return low + (to > from ? (value - from) / (to - from) : 0);
}

function valueAt(table: Float64Array, position: number): number {
  const cell = Math.min(Math.floor(position), table.length - 2);
  return between(table, cell, position - cell);
}

/** Linear between two rows of a table. */
function between(table: Float64Array, row: number, share: number, columns = 1, column = 0): number {
  const from = table[row * columns + column] as number;
  return from + share * ((table[(row + 1) * columns + column] as number) - from);
}
