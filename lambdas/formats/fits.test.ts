import { expect, test } from 'vitest';
import { textRows, toNumbers } from '../inference/tensor-data.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { card, header, rowsFrom, tableFile, tensorOf, testdata } from './fits.fixture.ts';
import { openFits } from './fits.ts';
import type { PartitionTensor } from './partition.ts';

const open = (name: string, bytes: Uint8Array = testdata(name)) => openFits(bytesSource(name, bytes));

/** As astropy reads the files. Integers have every digit; null is NaN. */
interface Expected {
  dtype: string;
  shape: number[];
  values: (number | string | boolean | null)[];
}
const expected: Record<string, Record<string, Expected>> = JSON.parse(
  Buffer.from(testdata('expected-fits.json')).toString(),
);
const expectedOf = (file: string) => Object.entries(expected[file] ?? {});

/** The values as they stand in the expectation. */
async function valuesOf(tensor: PartitionTensor): Promise<Expected['values']> {
  const bytes = await joined(tensor.bytes());
  if (tensor.dtype === 'text') return textRows(bytes, tensor.shape[0] ?? 0);
  const numbers: (number | bigint)[] = [...toNumbers(tensor, bytes)];
  if (tensor.dtype === 'bool') return numbers.map(Boolean);
  if (!tensor.dtype.startsWith('float')) return numbers.map(String);
  return numbers.map((value) => (Number.isNaN(value) ? null : Number(value) || 0));
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
