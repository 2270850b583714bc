import { type Band, bands, rBand, transmission } from './bands.ts';

/**
 * Two analytic galaxy spectra, and what they look like through the five bands at every redshift (the K-correction).
 *
 * - old: the light of old stars, as in ellipticals and bulges. A power law with the 4,000 Å break (strength as in
 *   Balogh et al. 1999, ApJ 527, 54: about 1.8), a steep fall to the ultraviolet, and broad absorption by CH (4,300 Å)
 *   and Mg/MgH (5,175 Å).
 * - young: the light of star-forming discs. A blue power law with the Balmer break (3,646 Å) and the emission lines [O II],
 *   H-beta, [O III], H-alpha + [N II] with equivalent widths typical for nearby spirals (Kennicutt 1992, ApJS 79, 255).
 *
 * They are shapes that reproduce the colours and their run with redshift (Strateva et al. 2001, AJ 122, 1861; Fukugita,
 * Shimasaku & Ichikawa 1995, PASP 107, 945), not population synthesis.
 */
export const spectra = { old: oldSpectrum, young: youngSpectrum };

/**
 * Flux through each band of a source with unit rest-frame r flux, before the distance modulus; rows are redshifts 0, step,
 * 2 step …, five columns. Definition: Hogg et al. 2002, astro-ph/0210394 (AB magnitudes).
 */
export function bandFluxTable(spectrum: (restA: number) => number, maxRedshift: number, step: number): Float64Array {
  const count = Math.round(maxRedshift / step) + 1;
  const table = new Float64Array(count * bands.length);
  const restR = bandMean(spectrum, bands[rBand] as Band, 0);
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < bands.length; b++) {
      table[i * bands.length + b] = ((1 + i * step) * bandMean(spectrum, bands[b] as Band, i * step)) / restR;
    }
  }
  return table;
}

/** Mean of f_nu over the band, photon weighted. */
function bandMean(spectrum: (restA: number) => number, band: Band, z: number): number {
  const stepA = 10;
  let flux = 0;
  let weight = 0;
  for (
    let wavelengthA = band.wavelengthA - band.widthA;
    wavelengthA <= band.wavelengthA + band.widthA;
    wavelengthA += stepA
  ) {
    const restA = wavelengthA / (1 + z);
    const photons = transmission(band, wavelengthA) / wavelengthA;
    flux += spectrum(restA) * restA * restA * photons;
    weight += photons;
  }
  return flux / weight;
}

/** f_lambda, arbitrary unit. */
function oldSpectrum(restA: number): number {
  const continuum = (restA / 5500) ** (restA < 6500 ? 0.4 : -0.4) * (restA < 6500 ? 1 : (6500 / 5500) ** 0.8);
  const ultraviolet = restA < 4000 ? (restA / 4000) ** 3 : 1;
  const lines = 1 - dip(restA, 4300, 60, 0.12) - dip(restA, 5175, 90, 0.1);
  return continuum * ultraviolet * lines * (1 - 0.36 * edge(restA, 4000, 50) - 0.16 * edge(restA, 4550, 180));
}

/** f_lambda, arbitrary unit. */
function youngSpectrum(restA: number): number {
  const continuum = (restA / 5500) ** -0.9 * (1 - 0.35 * edge(restA, 3646, 60)) * (1 - 0.15 * edge(restA, 4000, 60));
  const lines =
    line(restA, 3727, 30) + line(restA, 4861, 8) + line(restA, 4959, 4) + line(restA, 5007, 12) + line(restA, 6563, 45);
  return continuum * (1 + lines);
}

/** 1 far below the wavelength, 0 far above. */
function edge(restA: number, atA: number, softA: number): number {
  return 1 / (1 + Math.exp((restA - atA) / softA));
}

function dip(restA: number, atA: number, sigmaA: number, depth: number): number {
  return depth * Math.exp(-((restA - atA) ** 2) / (2 * sigmaA * sigmaA));
}

/** An emission line over the continuum; 15 Å wide so that 10 Å steps see it whole. */
function line(restA: number, atA: number, equivalentWidthA: number): number {
  const sigmaA = 15;
  return dip(restA, atA, sigmaA, equivalentWidthA / (sigmaA * Math.sqrt(2 * Math.PI)));
}
