/** Anchors of the viridis colour map: equal steps look equally different, also in grey and to the colour-blind. */
const VIRIDIS: [number, number, number][] = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

export type Rgb = [red: number, green: number, blue: number];

/** Colour of a share from 0 to 1. `reversed`: dark is much, for a light ground. */
export function viridis(share: number, reversed = false): Rgb {
  const inside = Math.min(1, Math.max(0, reversed ? 1 - share : share));
  const at = inside * (VIRIDIS.length - 1);
  const low = VIRIDIS[Math.floor(at)] ?? [0, 0, 0];
  const high = VIRIDIS[Math.ceil(at)] ?? low;
  const mix = (from: number, to: number) => Math.round(from + (to - from) * (at - Math.floor(at)));
  return [mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2])];
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Share of a count on a log scale, so that the sparse edges of a distribution are seen; 0 of nothing. */
export function logShare(count: number, largest: number): number {
  return count > 0 && largest > 0 ? Math.log1p(count) / Math.log1p(largest) : 0;
}
