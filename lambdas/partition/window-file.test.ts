import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openWindowFile, writeAt } from './window-file.ts';

test('what the disk takes in parts is written whole', async () => {
  const file = await openWindowFile();
  const inParts = {
    write: (bytes: Uint8Array, from: number, length: number, at: number) =>
      file.write(bytes, from, Math.min(length, 3), at),
  } as typeof file;
  await writeAt(inParts, Buffer.from('ten bytes.'), 5);
  const read = Buffer.alloc(15);
  await file.read(read, 0, 15, 0);
  await file.close();
  expect(read.toString()).toBe(`${'\0'.repeat(5)}ten bytes.`);
});

// A disk that is always full.
test.runIf(process.platform === 'linux')('a full disk is told so', async () => {
  const full = await open('/dev/full', 'w');
  await expect(writeAt(full, Buffer.from('x'), 0)).rejects.toThrow(/The disk of .* is full.* set TMPDIR/);
  await full.close();
});
