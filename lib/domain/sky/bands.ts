/**
 * The five bands of the Sloan Digital Sky Survey, in the order of the image's first dimension.
 *
 * Effective wavelengths, limits (5 sigma, point sources, median) and pixel scale: the SDSS imaging pages (sdss.org, DR8 and
 * later). Widths: Fukugita et al. 1996, AJ 111, 1748, table 2a. Softening: Lupton, Gunn & Szalay 1999, AJ 118, 1406
 * as used by the SDSS pipeline. Electrons per nanomaggy: typical value of flux calibration times gain in frame headers,
 * rounded; seeing: the survey's median of 1.32" in r.
 */
export interface Band {
  name: 'u' | 'g' | 'r' | 'i' | 'z';
  wavelengthA: number;
  /** Full width at half maximum, ångström. */
  widthA: number;
  limitMag: number;
  /** The b of asinh magnitudes, maggies. */
  softening: number;
  electronsPerNanomaggy: number;
  /** Scatter of the photometric calibration, mag (Padmanabhan et al. 2008, ApJ 674, 1217: 1 %, 2 % in u). */
  calibrationMag: number;
}

export const bands: readonly Band[] = [
  {
    name: 'u',
    wavelengthA: 3551,
    widthA: 570,
    limitMag: 22.15,
    softening: 1.4e-10,
    electronsPerNanomaggy: 150,
    calibrationMag: 0.02,
  },
  {
    name: 'g',
    wavelengthA: 4686,
    widthA: 1390,
    limitMag: 23.13,
    softening: 0.9e-10,
    electronsPerNanomaggy: 1000,
    calibrationMag: 0.01,
  },
  {
    name: 'r',
    wavelengthA: 6166,
    widthA: 1370,
    limitMag: 22.7,
    softening: 1.2e-10,
    electronsPerNanomaggy: 940,
    calibrationMag: 0.01,
  },
  {
    name: 'i',
    wavelengthA: 7480,
    widthA: 1530,
    limitMag: 22.2,
    softening: 1.8e-10,
    electronsPerNanomaggy: 670,
    calibrationMag: 0.01,
  },
  {
    name: 'z',
    wavelengthA: 8932,
    widthA: 950,
    limitMag: 20.71,
    softening: 7.4e-10,
    electronsPerNanomaggy: 130,
    calibrationMag: 0.01,
  },
];

export const bandCount = 5;
/** Index of r, the band that selects the sample and sets the seeing. */
export const rBand = 2;
/** Angular size of a pixel, arcsec. */
export const pixelArcsec = 0.396;
/** Median full width at half maximum of a star in r, arcsec. */
export const seeingArcsec = 1.32;
/** Magnitude of one nanomaggy. */
export const nanomaggyMag = 22.5;

/** Transmission at a wavelength: flat top with soft edges at half maximum, peak 1. */
export function transmission(band: Band, wavelengthA: number): number {
  const x = Math.abs(wavelengthA - band.wavelengthA) / (band.widthA / 2);
  return 1 / (1 + x ** 8);
}

/** Asinh magnitude of a flux in nanomaggies: finite for zero and negative fluxes too. */
export function asinhMagnitude(band: Band, fluxNanomaggy: number): number {
  const maggies = fluxNanomaggy * 1e-9;
  return (-2.5 / Math.LN10) * (Math.asinh(maggies / (2 * band.softening)) + Math.log(band.softening));
}
