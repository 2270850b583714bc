/** Distances in the flat Lambda-CDM universe with H0 = 70 km/s/Mpc and a matter density of 0.3 (no radiation). */
const hubbleKmPerSPerMpc = 70;
const matterDensity = 0.3;
const lightKmPerS = 299_792.458;

export interface Distances {
  /** Redshift between two neighbouring entries; entry 0 is redshift 0. */
  step: number;
  /** Distance modulus, mag: apparent minus absolute magnitude before the K-correction. */
  modulus: Float64Array;
  /** Kiloparsecs seen under one arcsecond. */
  kpcPerArcsec: Float64Array;
  /** Comoving volume per unit redshift and steradian, Mpc^3. */
  volume: Float64Array;
}

/** Tables from redshift 0 to `maxRedshift`. Entry 0 of `modulus` is -Infinity. */
export function distanceTables(maxRedshift: number, step: number): Distances {
  const count = Math.round(maxRedshift / step) + 1;
  const modulus = new Float64Array(count);
  const kpcPerArcsec = new Float64Array(count);
  const volume = new Float64Array(count);
  let comovingMpc = 0;
  for (let i = 0; i < count; i++) {
    const z = i * step;
    if (i > 0) comovingMpc += perRedshiftMpc(z - step / 2) * step;
    modulus[i] = 5 * Math.log10(comovingMpc * (1 + z)) + 25;
    kpcPerArcsec[i] = (comovingMpc / (1 + z)) * 1000 * (Math.PI / 180 / 3600);
    volume[i] = comovingMpc ** 2 * perRedshiftMpc(z);
  }
  return { step, modulus, kpcPerArcsec, volume };
}

/** d(comoving distance)/dz, Mpc. */
function perRedshiftMpc(z: number): number {
  return lightKmPerS / hubbleKmPerSPerMpc / Math.sqrt(matterDensity * (1 + z) ** 3 + 1 - matterDensity);
}
