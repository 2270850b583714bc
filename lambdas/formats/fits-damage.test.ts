import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource } from './bytes-source.ts';
import { files, testdata } from './fits.fixture.ts';
import { openFits } from './fits.ts';

/** Reads all that there is; what is no failure with the file's name at its head is thrown. @returns the first failure. */
async function readEverything(name: string, bytes: Uint8Array): Promise<Error | undefined> {
  let first: Error | undefined;
  const note = (error: unknown) => {
    const { name: code, message } = error as Error;
    expect(code, message).toMatch(/^Partition(Corrupt|Truncated|Empty)$|^UnsupportedFormat$/);
    expect(message.startsWith(`${name}: `), message).toBe(true);
    first ??= error as Error;
  };
  try {
    const { tensors } = await openFits(bytesSource(name, bytes, 4_096));
    for (const tensor of tensors.values()) {
      try {
        for await (const _ of tensor.bytes());
      } catch (error) {
        note(error);
      }
    }
  } catch (error) {
    note(error);
  }
  return first;
}

test.each(files)('%s cut anywhere is reported by its name', async (name) => {
  const bytes = testdata(name);
  const attempt = openFits(bytesSource(name, bytes.subarray(0, bytes.length - 1)));
  await expect(attempt).rejects.toMatchObject({ name: 'PartitionTruncated' });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
      const failure = await readEverything(name, bytes.subarray(0, length));
      // Where an extension ends a file may end.
      if (length % 2_880 !== 0) expect(failure, `${length} bytes`).toMatchObject({ name: 'PartitionTruncated' });
    }),
    { numRuns: 60 },
  );
});

/** Bits anywhere; digits and letters in headers, where they change counts and types. */
const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });
const edits = fc.tuple(fc.nat(), fc.constantFrom(..."0123456789-. TFABIJKEDPQXLM'()&/"));
test.each(files)('%s damaged ends with numbers or an error that names it, in little memory', async (name) => {
  const bytes = testdata(name);
  const cards = Array.from({ length: bytes.length / 80 }, (_, i) => i * 80).filter((at) =>
    /^[A-Z0-9 ]{8}= /.test(Buffer.from(bytes.subarray(at, at + 10)).toString('latin1')),
  );
  let mostBytes = 0;
  const attempt = async (damaged: Uint8Array) => {
    const before = process.memoryUsage().arrayBuffers;
    await readEverything(name, damaged);
    mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
  };
  await fc.assert(
    fc.asyncProperty(damages, async (flips) => {
      const damaged = bytes.slice();
      for (const [at, bits] of flips) damaged[at % bytes.length] = (damaged[at % bytes.length] ?? 0) ^ bits;
      await attempt(damaged);
    }),
    { numRuns: 150 },
  );
  await fc.assert(
    fc.asyncProperty(edits, async ([where, letter]) => {
      const damaged = bytes.slice();
      const at = (cards[where % cards.length] ?? 0) + (Math.floor(where / cards.length) % 31);
      damaged[at] = letter.charCodeAt(0);
      await attempt(damaged);
    }),
    { numRuns: 300 },
  );
  expect(mostBytes).toBeLessThan(10_000_000);
});
