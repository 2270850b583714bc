/**
 * A random stream that depends on (seed, index) only, so that sample i is the same whatever file it lands in.
 *
 * Generator: xorshift128, G. Marsaglia, "Xorshift RNGs", J. Stat. Software 8 (2003), period 2^128 - 1. Its four words come
 * from the 32-bit finaliser of MurmurHash3 (A. Appleby, public domain) over seed and index, so neighbours share nothing.
 */
export interface RandomStream {
  /** The four words of state; a hot loop may keep them in locals and write them back. */
  state: Int32Array;
}

export function openStream(): RandomStream {
  return { state: new Int32Array(4) };
}

/** Points the stream at the start of sample `index` of `seed` (integers from 0 to 2^53 - 1). */
export function startStream(stream: RandomStream, seed: number, index: number): void {
  let word = mix(seed | 0, 0x9e3779b9);
  word = mix(word ^ Math.floor(seed / 2 ** 32), 0x7f4a7c15);
  word = mix(word ^ (index | 0), 0x85ebca6b);
  word = mix(word ^ Math.floor(index / 2 ** 32), 0xc2b2ae35);
  for (let i = 0; i < 4; i++) {
    // Position 2i+1 differs per word: a state of four zeros, which would never leave zero, cannot come out.
    word = mix(word, 0x9e3779b9 * (2 * i + 1));
    stream.state[i] = i === 0 ? word | 1 : word;
  }
  for (let i = 0; i < 8; i++) nextInt(stream);
}

/** 32 random bits as a signed integer. */
export function nextInt({ state }: RandomStream): number {
  const first = state[0] as number;
  const last = state[3] as number;
  const turned = first ^ (first << 11);
  state[0] = state[1] as number;
  state[1] = state[2] as number;
  state[2] = last;
  const next = last ^ (last >>> 19) ^ turned ^ (turned >>> 8);
  state[3] = next;
  return next;
}

/** Passes over so many words. */
export function skip(stream: RandomStream, words: number): void {
  for (let i = 0; i < words; i++) nextInt(stream);
}

/** Uniform in (0, 1): never exactly 0 or 1, so a logarithm of it is finite. */
export function uniform(stream: RandomStream): number {
  return ((nextInt(stream) >>> 0) + 0.5) / 2 ** 32;
}

/** Standard normal (Box-Muller, one of the pair): for the few parameters of a galaxy, not for pixels. */
export function normal(stream: RandomStream): number {
  return Math.sqrt(-2 * Math.log(uniform(stream))) * Math.cos(2 * Math.PI * uniform(stream));
}

/** How many entries `normalQuantiles` has: 12 bits, so one 32-bit word gives two indices. */
export const quantileBits = 12;

/**
 * Quantiles of the normal distribution with variance 1/2. The sum of two entries at random indices is standard normal
 * noise up to about 5 sigma, for one 32-bit word and two reads of a table that stays in the first-level cache.
 */
export function normalQuantiles(): Float64Array {
  const count = 1 << quantileBits;
  const table = new Float64Array(count);
  for (let i = 0; i < count; i++) table[i] = quantile((i + 0.5) / count);
  let sum = 0;
  for (const value of table) sum += value * value;
  const scale = Math.sqrt(0.5 / (sum / count));
  return table.map((value) => value * scale);
}

/** Inverse of the normal distribution function, by bisection of the series for erf: run 4,096 times, once. */
function quantile(probability: number): number {
  let low = -6;
  let high = 6;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (distribution(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Normal distribution function by its Taylor-like series (Marsaglia, J. Stat. Software 11, 2004); exact for |x| < 6. */
function distribution(x: number): number {
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

function mix(value: number, salt: number): number {
  let h = (value + salt) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
