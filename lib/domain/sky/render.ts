import { type Band, bands, pixelArcsec, rBand } from './bands.ts';
import type { Galaxy } from './population.ts';
import { deVaucouleurs, exponential, type Profile } from './profile.ts';

export const imageSide = 32;
export const pixelsPerBand = imageSide * imageSide;
const pixelVariance = 1 / 12;
const fwhmPerSigma = 2 * Math.sqrt(2 * Math.LN2);

/** Sigma of a star's image in one band, pixels. Seeing goes as wavelength^-0.2 (Kolmogorov turbulence). */
export function starSigmaPixels(band: Band, seeingArcsec: number): number {
  const inR = seeingArcsec / fwhmPerSigma / pixelArcsec;
  return inR * (band.wavelengthA / (bands[rBand] as Band).wavelengthA) ** -0.2;
}

/**
 * Adds the galaxy's light, without noise, to `light` (pixelsPerBand values, row by row), nanomaggies per pixel.
 * `x` and `y` are the galaxy's centre in pixels from the middle of the stamp.
 */
export function addGalaxy(light: Float64Array, galaxy: Galaxy, bandIndex: number, x: number, y: number): void {
  const starSigma = starSigmaPixels(bands[bandIndex] as Band, galaxy.seeingArcsec);
  const blur = starSigma * starSigma + pixelVariance;
  const { angle } = galaxy;
  const bulge = galaxy.bulgeFlux[bandIndex] as number;
  const disc = galaxy.discFlux[bandIndex] as number;
  addProfile(light, deVaucouleurs, bulge, galaxy.bulgeArcsec, galaxy.bulgeAxisRatio, angle, blur, x, y);
  addProfile(light, exponential, disc, galaxy.discArcsec, galaxy.discAxisRatio, angle, blur, x, y);
}

function addProfile(
  light: Float64Array,
  profile: Profile,
  flux: number,
  halfLightArcsec: number,
  axisRatio: number,
  angle: number,
  blur: number,
  x: number,
  y: number,
): void {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const radius = halfLightArcsec / pixelArcsec;
  for (let i = 0; i < profile.sigmas.length; i++) {
    const long = ((profile.sigmas[i] as number) * radius) ** 2;
    const short = long * axisRatio * axisRatio;
    const xx = long * cos * cos + short * sin * sin + blur;
    const yy = long * sin * sin + short * cos * cos + blur;
    const xy = (long - short) * cos * sin;
    addGaussian(light, flux * (profile.shares[i] as number), xx, yy, xy, x, y);
  }
}

/**
 * Adds one Gaussian of covariance [[xx, xy], [xy, yy]]. Along a row the exponent is a quadratic in the column, so that each
 * value follows from the one before by two multiplications; only the start of a row needs an exponential.
 */
function addGaussian(
  light: Float64Array,
  flux: number,
  xx: number,
  yy: number,
  xy: number,
  x: number,
  y: number,
): void {
  const determinant = xx * yy - xy * xy;
  const a = yy / determinant;
  const b = -xy / determinant;
  const c = xx / determinant;
  const peak = flux / (2 * Math.PI * Math.sqrt(determinant));
  const left = -(imageSide - 1) / 2 - x;
  const bend = Math.exp(-a);
  const firstTurn = Math.exp(-a * (left + 0.5));
  let at = 0;
  for (let row = 0; row < imageSide; row++) {
    const dy = row - (imageSide - 1) / 2 - y;
    let value = peak * Math.exp(-0.5 * (a * left * left + 2 * b * left * dy + c * dy * dy));
    let turn = firstTurn * Math.exp(-b * dy);
    for (let column = 0; column < imageSide; column++) {
      light[at] = (light[at] as number) + value;
      at++;
      value *= turn;
      turn *= bend;
    }
  }
}
