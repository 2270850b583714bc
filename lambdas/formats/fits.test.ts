import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textRows, toNumbers } from '../inference/tensor-data.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openByteReader } from './byte-reader.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { openFits } from './fits.ts';
import type { Partition, PartitionTensor } from './partition.ts';

const folder = new URL('../testdata/formats/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.fits'));
const testdata = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const open = (name: string, bytes: Uint8Array = testdata(name)) => openFits(bytesSource(name, bytes));

/** As astropy reads the files. Integers have every digit; null is NaN. */
interface Expected {
  dtype: string;
  shape: number[];
  values: (number | string | boolean | null)[];
}
const expected: Record<string, Record<string, Expected>> = JSON.parse(
  readFileSync(new URL('expected-fits.json', folder), 'utf8'),
);
const expectedOf = (file: string) => Object.entries(expected[file] ?? {});

function tensorOf({ tensors }: Partition, name: string): PartitionTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`there is no ${name}, only ${[...tensors.keys()]}`);
  return tensor;
}

/** The values as they stand in the expectation. */
async function valuesOf(tensor: PartitionTensor): Promise<Expected['values']> {
  const bytes = await joined(tensor.bytes());
  if (tensor.dtype === 'text') return textRows(bytes, tensor.shape[0] ?? 0);
  const numbers: (number | bigint)[] = [...toNumbers(tensor, bytes)];
  if (tensor.dtype === 'bool') return numbers.map(Boolean);
  if (!tensor.dtype.startsWith('float')) return numbers.map(String);
  return numbers.map((value) => (Number.isNaN(value) ? null : Number(value) || 0));
}

async function* rowsFrom({ bytesFrom }: PartitionTensor, row: number) {
  if (bytesFrom) yield* bytesFrom(row);
}

/** Zero has no sign here. */
const unsigned = (values: Expected['values']) => values.map((value) => (value === 0 ? 0 : value));

test.each([
  ['galaxies.fits', 'galaxies.fits'],
  ['table.fits', 'galaxies.fits'],
  ['images.fits', 'images.fits'],
  ['scaled.fits', 'scaled.fits'],
])('%s: types, shapes and numbers are those of astropy', async (file, as) => {
  const partition = await open(file);
  expect([...partition.tensors.keys()].sort()).toEqual(Object.keys(expected[as] ?? {}).sort());
  expect(partition.unreadable.size).toBe(0);
  for (const [name, { dtype, shape, values }] of expectedOf(as)) {
    const tensor = tensorOf(partition, name);
    expect(tensor, name).toMatchObject({ dtype, shape });
    expect(await valuesOf(tensor), name).toEqual(unsigned(values));
  }
});

test('columns of every type are those of astropy, missing values are NaN', async () => {
  const partition = await open('columns.fits');
  expect([...partition.tensors.keys()].sort()).toEqual(Object.keys(expected['columns.fits'] ?? {}).sort());
  for (const [name, { dtype, shape, values }] of expectedOf('columns.fits')) {
    const tensor = tensorOf(partition, name);
    expect(tensor, name).toMatchObject({ dtype, shape });
    if (name !== 'null_int64') expect(await valuesOf(tensor), name).toEqual(unsigned(values));
  }
});

test('a missing value is never given as an integer', async () => {
  const long = tensorOf(await open('columns.fits'), 'null_int64');
  await expect(joined(long.bytes())).rejects.toMatchObject({
    name: 'UnsupportedFormat',
    message: expect.stringMatching(/^columns\.fits: tensor null_int64: row 2 has no value \(TNULL\d+ is 2\); fill it/),
  });
  const image = tensorOf(await open('unsupported.fits'), 'UNSIGNED_BLANK');
  expect(image.dtype).toBe('uint16');
  await expect(joined(image.bytes())).rejects.toThrow(
    'unsupported.fits: tensor UNSIGNED_BLANK: value 1 is missing (BLANK is 5); write the image as floats',
  );
});

test.each(['uint16', 'uint32', 'uint64'])(
  'a missing %s of a table that astropy wrote is not given either',
  async (name) => {
    const tensor = tensorOf(await open('masked.fits'), name);
    await expect(joined(tensor.bytes())).rejects.toThrow(
      /^masked\.fits: tensor uint\d\d: row 1 has no value \(TNULL\d is 999\); fill it/,
    );
  },
);

test('images as stored are streamed from the file, all others not', async () => {
  const { tensors } = await open('images.fits');
  const streamed = [...tensors.values()].filter(({ range }) => range).map(({ name }) => name);
  expect(streamed).toEqual(expect.arrayContaining(['image', 'UINT8', 'INT16', 'INT64', 'FLOAT32', 'FLOAT64']));
  expect(streamed).not.toEqual(expect.arrayContaining(['UINT16']));
  const bytes = testdata('images.fits');
  for (const name of streamed) {
    const tensor = tensorOf({ tensors, unreadable: new Map() }, name);
    expect(await joined(tensor.bytes())).toEqual(bytes.slice(tensor.range?.start, tensor.range?.end));
  }
});

test.each(['table.fits', 'columns.fits', 'images.fits', 'scaled.fits'])(
  '%s: reading begins at any row',
  async (file) => {
    const { tensors } = await open(file);
    for (const tensor of tensors.values()) {
      if (tensor.range || tensor.name === 'null_int64') continue;
      const rows = tensor.shape[0] ?? 0;
      const all = await joined(tensor.bytes());
      for (let row = 0; row <= rows; row++) {
        const tail = all.slice((all.length / rows) * row);
        expect(await joined(rowsFrom(tensor, row)), `${tensor.name} from row ${row}`).toEqual(tail);
      }
    }
  },
);

test('a table without rows has tensors without samples', async () => {
  const { tensors } = await open('no-rows.fits');
  expect([...tensors.values()].map(({ shape }) => shape)).toEqual([[0, 2, 4, 4], [0, 3], [0], [0]]);
  for (const tensor of tensors.values()) expect(await joined(tensor.bytes())).toHaveLength(0);
});

test.each([
  ['bits', /a column of bits; write them as bytes/],
  ['complex64', /complex numbers; write the real and the imaginary part/],
  ['complex128', /complex numbers/],
  ['ragged', /rows of different lengths; write it with as many values in each row/],
  ['ragged64', /rows of different lengths/],
  ['words', /a column of 2 texts a row; a text serves as id/],
  ['empty', /a column without values; leave it out/],
  ['magnitude', /a column of an ASCII table; write it as a binary table/],
  [
    'TILES',
    /extension 3 is an image compressed in tiles \(CompImageHDU\); funpack the file, or in Python fits\.writeto\("image\.fits", fits\.getdata\("unsupported\.fits", 3\)\)/,
  ],
])('%s is refused in words, only where it is needed', async (name, message) => {
  const partition = await open('unsupported.fits');
  expect(await valuesOf(tensorOf(partition, 'good'))).toEqual([1, 2]);
  const failure = partition.unreadable.get(name);
  expect(failure).toMatchObject({ name: 'UnsupportedFormat', message: expect.stringMatching(message) });
  expect(failure?.message.startsWith(`unsupported.fits: tensor ${name}: `)).toBe(true);
});

test('a text longer than an id is refused with its row', async () => {
  const partition = await open('unsupported.fits');
  const attempt = joined(tensorOf(partition, 'long').bytes());
  await expect(attempt).rejects.toThrow('unsupported.fits: tensor long: row 1: a text of 129 bytes, an id has 128');
});

test('random groups, and a file of nothing but a header, are refused', async () => {
  expect((await open('groups.fits')).unreadable.get('image')?.message).toMatch(/random groups; write a binary table/);
  await expect(open('only-header.fits')).rejects.toMatchObject({
    name: 'PartitionEmpty',
    message: expect.stringMatching(/^only-header\.fits: there is neither an image nor a table/),
  });
});

/** A header of these cards, as many blocks as they take. */
function header(cards: string[]): Uint8Array {
  const text = [...cards, 'END'].map((card) => card.padEnd(80)).join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / 2_880) * 2_880), 'latin1');
}
const card = (keyword: string, value: string | number) => `${keyword.padEnd(8)}= ${String(value).padStart(20)}`;
const primary = header([card('SIMPLE', 'T'), card('BITPIX', 8), card('NAXIS', 0)]);
const padded = (data: Uint8Array) => Buffer.concat([data], Math.ceil(data.length / 2_880) * 2_880);

/** A file of one table. */
function tableFile(forms: string[], rowBytes: number, rows: number, data: Uint8Array, more: string[] = []): Uint8Array {
  const axes = [card('NAXIS', 2), card('NAXIS1', rowBytes), card('NAXIS2', rows), card('TFIELDS', forms.length)];
  const columns = forms.map((form, i) => card(`TFORM${i + 1}`, `'${form}'`));
  const head = header([card('XTENSION', "'BINTABLE'"), card('BITPIX', 8), ...axes, ...columns, ...more]);
  return new Uint8Array(Buffer.concat([primary, head, padded(data)]));
}

test('values of headers as the standard allows them', async () => {
  const more = [
    card('TTYPE1', "'it''s '"),
    "TTYPE2  = 'a&'",
    "CONTINUE  'bout / &'",
    "CONTINUE  'x' / comment",
    card('TSCAL1', '5.0D-1 / half'),
    card('TZERO1', '+.5e+1'),
    'COMMENT = a comment may look like a value',
    'TTYPE3  =',
  ];
  const partition = await open(
    'cards.fits',
    tableFile(['B', '1B', 'A4'], 6, 1, Buffer.from([4, 7, 65, 66, 32, 0]), more),
  );
  expect([...partition.tensors.keys()]).toEqual(["it's", 'about / x', 'column_3']);
  expect(await valuesOf(tensorOf(partition, "it's"))).toEqual([7]);
  expect(await valuesOf(tensorOf(partition, 'column_3'))).toEqual(['AB']);
});

test('zeros behind the last extension are passed over, other bytes are not', async () => {
  const bytes = testdata('table.fits');
  const longer = (fill: number) => Buffer.concat([bytes, Buffer.alloc(100, fill)]);
  expect((await open('table.fits', longer(0))).tensors.size).toBe(4);
  await expect(open('table.fits', longer(7))).rejects.toThrow(
    `table.fits: an extension should begin at byte ${bytes.length}, but XTENSION is not there`,
  );
});

test.each([
  ['not FITS', Buffer.from('\x93NUMPY, or anything else'), 'PartitionCorrupt', /not a FITS file/],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'UnsupportedFormat', /gunzip it/],
  ['nothing', Buffer.alloc(0), 'PartitionTruncated', /0 bytes are no FITS file/],
  ['a type', tableFile(['Z'], 1, 1, Buffer.alloc(1)), 'PartitionCorrupt', /HDU 1: TFORM1 is "Z", which is no type/],
  ['a width', tableFile(['J'], 5, 1, Buffer.alloc(5)), 'PartitionCorrupt', /HDU 1: rows of 5 bytes .* columns of 4/],
  ['a length', tableFile(['J'], 4, 1e12, Buffer.alloc(4)), 'PartitionTruncated', /HDU 1: .* the file at 8640/],
  [
    'a count',
    Buffer.concat([header([card('SIMPLE', 'T'), card('BITPIX', 8), card('NAXIS', 1), card('NAXIS1', '1.5')])]),
    'PartitionCorrupt',
    /HDU 0: NAXIS1 is "1\.5", not a count/,
  ],
  [
    'many axes',
    header([card('SIMPLE', 'T'), card('BITPIX', 8), card('NAXIS', 1_000)]),
    'PartitionCorrupt',
    /NAXIS is 1000, more than 999/,
  ],
  [
    'samples without values',
    header([card('SIMPLE', 'T'), card('BITPIX', 8), card('NAXIS', 2), card('NAXIS1', 0), card('NAXIS2', 9e15)]),
    undefined,
    /\[9000000000000000, 0\] is samples without values/,
  ],
])('%s: wrong headers are refused in words', async (_, bytes, name, message) => {
  const attempt = open('datasets/x/3.fits', new Uint8Array(bytes)).then(({ unreadable }) => {
    throw [...unreadable.values()][0];
  });
  const failure = { name: name ?? 'UnsupportedFormat', message: expect.stringMatching(message) };
  await expect(attempt).rejects.toMatchObject(failure);
  await expect(attempt).rejects.toThrow(/^datasets\/x\/3\.fits: /);
});

/** Counts the bytes that are fetched. */
function counting(name: string, bytes: Uint8Array): ObjectSource & { fetchedBytes(): number; streams(): number } {
  const source = bytesSource(name, bytes, 256 * 1024);
  let fetchedBytes = 0;
  let streams = 0;
  return {
    ...source,
    async read(start, end) {
      fetchedBytes += end - start;
      return source.read(start, end);
    },
    async *stream(start, end) {
      streams++;
      for await (const chunk of source.stream(start, end)) {
        // As a network does: the others have their turn meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
        fetchedBytes += chunk.length;
        yield chunk;
      }
    },
    fetchedBytes: () => fetchedBytes,
    streams: () => streams,
  };
}

/** A table of 12 MB whose bytes are known: narrow rows, and rows that are longer than a block. */
const shapes = [
  { kind: 'narrow', forms: ['J', '25E', 'K', '5A', '2L'], rowBytes: 119, rows: 100_000 },
  { kind: 'long', forms: ['K', '300000D', '3A', '7E'], rowBytes: 2_400_039, rows: 5 },
];
const widths: Record<string, number> = { J: 4, E: 4, K: 8, D: 8, A: 1, L: 1 };

test.each(shapes)('columns of $kind rows are read side by side in one download', async ({ forms, rowBytes, rows }) => {
  const data = Buffer.alloc(rowBytes * rows);
  for (let at = 0; at < data.length; at++) data[at] = 65 + ((at * 7 + (at >> 8)) % 60);
  const object = counting('large.fits', tableFile(forms, rowBytes, rows, data));
  const { tensors } = await openFits(object);
  const columns = [...tensors.values()].map((tensor) => ({ tensor, reader: openByteReader(tensor.bytes()) }));
  const batchRows = Math.ceil(rows / 3);
  const hashes = columns.map(() => createHash('sha1'));
  for (let row = 0; row < rows; row += batchRows) {
    const count = Math.min(batchRows, rows - row);
    await Promise.all(
      columns.map(async ({ tensor, reader }, i) => {
        const size = tensor.shape.slice(1).reduce((n, d) => n * d, tensor.dtype === 'text' ? 1 : widthOf(forms[i]));
        const bytes = await reader.take(count * size);
        if (!bytes) throw new Error(`${tensor.name} ends before row ${row + count}`);
        hashes[i]?.update(bytes);
      }),
    );
  }
  expect(object.fetchedBytes()).toBeLessThan(data.length * 1.05);
  expect(object.streams()).toBe(1);
  let offset = 0;
  for (const [i, form] of forms.entries()) {
    const width = widthOf(form) * Number(/^\d*/.exec(form)?.[0] || 1);
    const wanted = createHash('sha1');
    for (let row = 0; row < rows; row++) {
      const field = data.subarray(row * rowBytes + offset, row * rowBytes + offset + width);
      if (form.endsWith('A')) wanted.update(Buffer.concat([field], 128));
      else if (form.endsWith('L')) wanted.update(field.map((byte) => (byte === 84 ? 1 : 0)));
      else wanted.update(field);
    }
    expect(hashes[i]?.digest('hex'), form).toBe(wanted.digest('hex'));
    offset += width;
  }
});
const widthOf = (form = '') => widths[form.at(-1) ?? ''] ?? 0;

test('columns far from each other, and a column read twice, give what they hold', async () => {
  const [{ forms, rowBytes, rows } = { forms: [], rowBytes: 1, rows: 0 }] = shapes;
  const data = Buffer.alloc(rowBytes * rows);
  for (let row = 0; row < rows; row++) data.writeInt32BE(row, row * rowBytes);
  const object = counting('large.fits', tableFile(forms, rowBytes, rows, data));
  const tensor = tensorOf(await openFits(object), 'column_1');
  const numbers = async (bytes: Uint8Array | undefined) => [...toNumbers(tensor, bytes ?? new Uint8Array())];
  const rowsAt = (row: number, count: number) => Array.from({ length: count }, (_, i) => row + i);
  const readers = [0, 90_000, 40_000].map((row) => ({ row, reader: openByteReader(rowsFrom(tensor, row)) }));
  for (let step = 0; step < 10; step++) {
    const parts = await Promise.all(readers.map(({ reader }) => reader.take(4_000)));
    for (const [i, { row }] of readers.entries())
      expect(await numbers(parts[i])).toEqual(rowsAt(row + step * 1_000, 1_000));
  }
  expect(object.fetchedBytes()).toBeLessThan(2 * data.length);
  for (const _ of ['once', 'again']) expect(await numbers(await joined(tensor.bytes()))).toEqual(rowsAt(0, rows));
});

test('a download that fails is told to every column, and can be begun again', async () => {
  const bytes = testdata('table.fits');
  const source = bytesSource('table.fits', bytes);
  let fails = true;
  const stream: ObjectSource['stream'] = (start, end) => {
    if (fails) throw new Error('the network is down');
    return source.stream(start, end);
  };
  const { tensors } = await openFits({ ...source, stream });
  const readAll = () => Promise.allSettled([...tensors.values()].map((tensor) => joined(tensor.bytes())));
  expect((await readAll()).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  fails = false;
  expect((await readAll()).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
});

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
  const attempt = open(name, bytes.subarray(0, bytes.length - 1));
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
