import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countSamples } from '../inference/batches.ts';
import { textRows, toNumbers } from '../inference/tensor-data.ts';
import { openByteReader } from './byte-reader.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';
import { type PartitionTensor, tensorBytes } from './partition.ts';

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../testdata/formats/${name}`, import.meta.url)));
const open = (name: string, bytes = testdata(name)) => openPartition(bytesSource(name, bytes));

async function numbers(tensor: PartitionTensor | undefined): Promise<(number | bigint)[]> {
  if (!tensor) throw new Error('there is no such tensor');
  return [...toNumbers(tensor, await joined(tensor.bytes()))];
}

const { NaN: none } = Number;
const versions = ['types.parquet', 'types-v2.parquet'];
const values: [string, string, number[], (number | bigint)[]][] = [
  ['f16', 'float16', [4], [0, 1, 2, 3]],
  ['u8', 'int32', [4], [0, 1, 254, 255]],
  ['i8', 'int32', [4], [-128, -1, 0, 127]],
  ['u32', 'uint32', [4], [0, 1, 2, 2 ** 32 - 1]],
  ['u64', 'uint64', [4], [0n, 1n, 2n, 2n ** 64n - 1n]],
  ['flag', 'bool', [4], [1, 0, 0, 1]],
  ['same', 'float64', [4], [2.5, 2.5, 2.5, 2.5]],
  ['gaps', 'float64', [4], [1.5, none, 2.5, none]],
  ['int_gaps', 'float64', [4], [1, none, 2, 3]],
  ['list_gaps', 'float64', [4, 2], [1, none, 2, 3, 4, 5, 6, 7]],
  ['position.ra', 'float64', [4], [0, 1, 2, 3]],
];
test.each(versions.flatMap((file) => values.map((value) => [file, ...value] as const)))(
  '%s: column %s is %s',
  async (file, name, dtype, shape, expected) => {
    const { tensors } = await open(file);
    expect(tensors.get(name)).toMatchObject({ dtype, shape });
    expect(await numbers(tensors.get(name))).toEqual(expected);
  },
);

test("differences of unsigned integers from DuckDB's first value, which has 33 bits", async () => {
  const { tensors } = await open('differences.parquet');
  const count = Array.from({ length: 2_000 }, (_, i) => 3_000_000_000 + 7 * i - 500_000_000 * (i % 5));
  expect(tensors.get('count')).toMatchObject({ dtype: 'uint32', shape: [2_000] });
  expect(await numbers(tensors.get('count'))).toEqual(count);
});

test.each(
  versions.flatMap((file) =>
    [
      ['when', 'a column of type TIMESTAMP, not numbers; convert it'],
      ['ragged', 'its lists have different lengths (5 values in 4 rows); make them equal'],
      ['nested', 'lists of lists; write each row as one list'],
      ['map', 'a map, which is no tensor'],
      ['shifted', 'the list in row 1 has not 2 values like the others'],
      ['no_list', 'row 1 has no'],
    ].map(([name, message]) => [file, name as string, message as string] as const),
  ),
)('%s: column %s is refused when it is asked for: %s', async (file, name, message) => {
  const partition = await open(file);
  const ask = async () => numbers(maybeTensor(partition, name));
  await expect(ask()).rejects.toThrow(
    expect.objectContaining({
      name: 'UnsupportedFormat',
      message: expect.stringContaining(`${file}: tensor ${name}: `),
    }),
  );
  if (name !== 'no_list') await expect(ask()).rejects.toThrow(message);
});

test.each(versions)('%s: text serves as id', async (file) => {
  const name = (await open(file)).tensors.get('name') as PartitionTensor;
  expect(name).toMatchObject({ dtype: 'text', shape: [4, 128] });
  const bytes = Buffer.from(await joined(name.bytes()));
  expect(bytes.toString().replaceAll(/\0+/g, ' ')).toBe('a b c d ');
});

const missing: [string, number[], number[]][] = [
  ['whole', [4], [1, none, 2 ** 53, -3]],
  ['late', [4], [1, 2, 3, none]],
  ['small', [4], [none, -128, 127, 0]],
  ['u64', [4], [1, 2 ** 63, none, 3]],
  ['flag', [4], [1, none, 0, 1]],
  ['none', [4], [none, none, none, none]],
  ['lists', [4, 2], [1, none, 2, 3, 4, 5, 6, 7]],
];
test.each(['missing.parquet', 'missing-v2.parquet'].flatMap((file) => missing.map((each) => [file, ...each] as const)))(
  '%s: integers and booleans of column %s are floats, since some are missing',
  async (file, name, shape, expected) => {
    const { tensors } = await open(file);
    expect(tensors.get(name)).toMatchObject({ dtype: 'float64', shape });
    expect(await numbers(tensors.get(name))).toEqual(expected);
  },
);

test('what a stream of tables leaves is read: row groups without rows, structs and compressed integers that are missing', async () => {
  const { tensors } = await open('streamed.parquet');
  const twice = (values: number[]) => [...values, ...values];
  expect(await numbers(tensors.get('id'))).toEqual(twice([7, none, 9]));
  expect(await numbers(tensors.get('small'))).toEqual(twice([1, none, 3]));
  expect(await numbers(tensors.get('position.ra'))).toEqual(twice([1.5, none, 2.5]));
  expect(await numbers(tensors.get('position.field'))).toEqual(twice([4, none, none]));
  expect(await numbers(tensors.get('lists'))).toEqual(twice([1, none, 2, 3, 4, 5]));
});

test.each(['missing.parquet', 'missing-v2.parquet'])(
  '%s: an integer is never rounded because another is missing',
  async (file) => {
    const { tensors } = await open(file);
    await expect(numbers(tensors.get('big'))).rejects.toMatchObject({
      name: 'UnsupportedFormat',
      message: `${file}: tensor big: row 2 holds 9007199254740993, which would be rounded: with missing values the column is float64; fill them (fillna), or write it as text if it is an id`,
    });
  },
);

test('of columns with one name none is given for another, and the others are read', async () => {
  const { tensors, unreadable } = await open('joined.parquet');
  expect(await numbers(tensors.get('id'))).toEqual([1n, 2n]);
  expect([...tensors.keys()]).toEqual(['id']);
  expect([...unreadable.keys()]).toEqual(['ra', 'peaks', 'photo.flux']);
  expect(unreadable.get('ra')?.message).toBe(
    'joined.parquet: tensor ra: a column with the name of another one, or of lists of records; write each under a name of its own',
  );
});

test('a missing integer that no statistics tell of is refused', async () => {
  const { tensors } = await open('missing-uncounted.parquet');
  expect(tensors.get('late')).toMatchObject({ dtype: 'int32' });
  await expect(numbers(tensors.get('late'))).rejects.toThrow(
    'missing-uncounted.parquet: tensor late: row 3 has no value; fill it (fillna), write the column as floats, or write the file with statistics',
  );
});

test.each(['missing.parquet', 'missing-v2.parquet', 'missing-uncounted.parquet'])(
  '%s: a text that is missing is empty',
  async (file) => {
    const name = (await open(file)).tensors.get('name') as PartitionTensor;
    expect(textRows(await joined(name.bytes()), 4)).toEqual(['a', '', '', 'd']);
  },
);

test('a compression that is not read is named, with those that are', async () => {
  const bytes = testdata('lz4.parquet');
  // The field of the codec of each column, LZ4_RAW by its number: now LZO.
  for (let at = 0; at < bytes.length - 1; at++) if (bytes[at] === 0x15 && bytes[at + 1] === 0x0e) bytes[at + 1] = 0x06;
  const { tensors } = await open('lzo.parquet', bytes);
  await expect(numbers(tensors.get('id'))).rejects.toThrow(
    'lzo.parquet: tensor id: compression LZO is not read; write it with snappy, zstd, gzip, lz4, brotli or none',
  );
});

test('texts by their lengths, and by what they have in common, are those that were saved', async () => {
  const { tensors } = await open('texts.parquet');
  const rows = Array.from({ length: 1_000 }, (_, row) =>
    row % 7 === 0 ? '' : `SDSS J${String(Math.floor(row / 9)).padStart(4, '0')}+${'galaxy'.repeat(row % 5)}`,
  );
  for (const name of ['plain', 'lengths', 'common']) {
    const tensor = tensors.get(name) as PartitionTensor;
    expect(textRows(await joined(tensor.bytes()), 1_000), name).toEqual(rows);
  }
});

test('pages packed by LZ4 are those that were saved', async () => {
  const [packed, plain] = [await open('pages-lz4.parquet'), await open('pages-v2.parquet')];
  for (const name of ['few', 'many', 'list', 'gaps'])
    expect(await numbers(packed.tensors.get(name)), name).toEqual(await numbers(plain.tensors.get(name)));
});

test('a file without rows is empty, not damaged', async () => {
  const { tensors } = await open('no-rows.parquet');
  expect(() => countSamples('no-rows.parquet', [...tensors.values()])).toThrow(
    /^no-rows\.parquet: tensor image \[0, 1\]/,
  );
});

test.each([
  'pages.parquet',
  'pages-v2.parquet',
  'plain.parquet',
  'brotli.parquet',
  'types.parquet',
  'missing.parquet',
  'texts.parquet',
  'pages-lz4.parquet',
])('%s: a column can be entered at any row', async (file) => {
  for (const tensor of (await open(file)).tensors.values()) {
    if (['shifted', 'no_list', 'big'].includes(tensor.name)) continue;
    const whole = await joined(tensor.bytes());
    const [rows = 0] = tensor.shape;
    for (let row = 0; row <= rows; row += Math.ceil(rows / 61)) {
      const from = await joined(tensor.bytesFrom?.(row) ?? tensor.bytes());
      const expected = whole.subarray((row * whole.length) / rows);
      expect(Buffer.compare(from, expected), `${tensor.name} from row ${row}`).toBe(0);
    }
  }
});

test('pages by a dictionary that was given up in the middle are read', async () => {
  const { tensors } = await open('pages.parquet');
  const rows = Array.from({ length: 1_000 }, (_, row) => row);
  expect(await numbers(tensors.get('few'))).toEqual(rows.map((row) => row % 7));
  expect(await numbers(tensors.get('many'))).toEqual([...Float32Array.from(rows, (row) => row / 3)]);
});

test('a flipped bit is found by the checksum of its page, and its place is named', async () => {
  const bytes = testdata('gzip.parquet');
  bytes[400] = (bytes[400] ?? 0) ^ 1;
  const { tensors } = await open('gzip.parquet', bytes);
  await expect(numbers(tensors.get('image'))).rejects.toMatchObject({
    name: 'PartitionCorrupt',
    message: expect.stringMatching(
      /^gzip\.parquet: tensor image: damaged near byte \d+ \(the checksum of a page is wrong\)/,
    ),
  });
});

test('a page header whose sizes are fractions is damaged', async () => {
  const whole = testdata('plain.parquet');
  // Fields of the first header that are 32-bit integers, told to be doubles.
  for (let at = 4; at < 16; at++) {
    if (whole[at] !== 0x15) continue;
    const bytes = whole.slice();
    bytes[at] = 0x17;
    const { tensors } = await open('plain.parquet', bytes);
    await expect(numbers(tensors.get('image')), `byte ${at}`).rejects.toMatchObject({ name: 'PartitionCorrupt' });
  }
});

test.skipIf(process.platform !== 'linux')(
  'many columns are read side by side: their pages lie in a file, one at a time is decoded',
  async () => {
    const source = bytesSource('wide.parquet', testdata('side-by-side.parquet'), 5_000);
    const { tensors } = await openPartition(source);
    const columns = [...tensors.values()];
    expect(columns).toHaveLength(20);
    const readers = columns.map((tensor) => openByteReader(tensor.bytes()));
    const read = new Map<string, (number | bigint | string)[]>(columns.map(({ name }) => [name, []]));
    const hasFile = () => readdirSync('/proc/self/fd').some((fd) => linkOf(fd).endsWith('/pages (deleted)'));
    let wasThere = false;
    for (let row = 0; row < 20_000; row += 400) {
      const rows = await Promise.all(
        columns.map((tensor, i) => readers[i]?.take(400 * tensorBytes(tensor.dtype, tensor.shape.slice(1)))),
      );
      for (const [i, tensor] of columns.entries()) {
        const bytes = rows[i] as Uint8Array;
        read.get(tensor.name)?.push(...(tensor.dtype === 'text' ? textRows(bytes, 400) : toNumbers(tensor, bytes)));
      }
      wasThere ||= hasFile();
    }
    const rows = Array.from({ length: 20_000 }, (_, row) => row);
    for (let c = 0; c < 17; c++) expect(read.get(`f${c}`)).toEqual(rows.map((row) => (row * (c + 1)) % 101));
    expect(read.get('repeated')).toEqual(rows.map((row) => (row % 5_000) / 8));
    expect(read.get('text')).toEqual(rows.map((row) => `NGC ${row % 700}`));
    expect(read.get('gaps')).toEqual(rows.map((row) => (row % 7 === 0 ? none : row % 50)));
    await Promise.all(readers.map((reader) => reader.close()));
    await source.close();
    expect([wasThere, hasFile()]).toEqual([true, false]);
  },
);

/** What an open file is; empty where it is closed by now. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
