import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBatchMemory } from '../inference/batch-memory.ts';
import { countSamples, readBatches } from '../inference/batches.ts';
import { startPhases } from '../inference/phases.ts';
import { textRows, toNumbers } from '../inference/tensor-data.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { openCsv } from './csv.ts';
import { idTensors, maybeTensor } from './named-tensor.ts';
import { openPartition } from './open-partition.ts';
import type { Partition, PartitionTensor } from './partition.ts';

const open = (text: string | Uint8Array, pieceBytes?: number) =>
  openPartition(bytesSource('1.csv', typeof text === 'string' ? Buffer.from(text) : text, pieceBytes));

async function numbers(tensor: PartitionTensor | undefined): Promise<(number | bigint)[]> {
  if (!tensor) throw new Error('there is no such tensor');
  return [...toNumbers(tensor, await joined(tensor.bytes()))];
}

const { NaN: none, POSITIVE_INFINITY: infinity } = Number;
test.each<[string, string[], string, (number | bigint)[]]>([
  ['integers', ['1', '-2', '0', '+7', '007'], 'int64', [1n, -2n, 0n, 7n, 7n]],
  [
    'ids of 19 digits',
    ['1', '1237648720693755918', '-9223372036854775808'],
    'int64',
    [1n, 1237648720693755918n, -(2n ** 63n)],
  ],
  ['decimals', ['1', '2.5', '.5', '3.', '-0.1'], 'float64', [1, 2.5, 0.5, 3, -0.1]],
  ['exponents', ['1e3', '-2.5E-3', '12345678901234567890.5'], 'float64', [1000, -0.0025, 1.2345678901234567e19]],
  ['big integers, then a decimal', ['9007199254740993', '0.5'], 'float64', [9007199254740992, 0.5]],
  ['missing values', ['1', '', 'NaN', 'NULL', 'n/a', 'nan'], 'float64', [1, none, none, none, none, none]],
  ['infinities', ['inf', '-Infinity', '1'], 'float64', [infinity, -infinity, 1]],
  ['nothing at all', ['', ''], 'float64', [none, none]],
  ['spaces around', [' 1', '2 '], 'int64', [1n, 2n]],
])('a column of %s', async (_, fields, dtype, expected) => {
  const { tensors } = await open(`x,y\n${fields.map((field) => `${field},1\n`).join('')}`);
  expect(tensors.get('x')).toMatchObject({ dtype, shape: [fields.length] });
  expect(await numbers(tensors.get('x'))).toEqual(expected);
});

test.each([
  ['missing before it', ['', '9007199254740993', '1'], 'row 1 holds 9007199254740993'],
  ['missing behind it', ['-9007199254740993', '1', 'nan'], 'row 0 holds -9007199254740993'],
  ['missing before one of 20 digits', ['', '12345678901234567891'], 'row 1 holds 12345678901234567891'],
  ['missing behind one of 20 digits', ['12345678901234567891', ''], 'row 0 holds 12345678901234567891'],
])('an integer is never rounded because a value is %s', async (_, fields, what) => {
  const partition = await open(`x,y\n${fields.map((field) => `${field},1\n`).join('')}`);
  const why = 'which would be rounded: with missing values the column is float64; fill them in';
  expect(() => maybeTensor(partition, 'x')).toThrow(`1.csv: tensor x: ${what}, ${why}`);
  const [id] = idTensors(partition, 'x') as [PartitionTensor];
  expect(textRows(await joined(id.bytes()), fields.length)).toEqual(fields);
});

test.each([
  ['integers that are floats beside missing ones', ['9007199254740992', '', '7'], [2 ** 53, none, 7]],
  ['a decimal among them', ['9007199254740993', '', '0.5'], [2 ** 53, none, 0.5]],
  [
    'a decimal behind an integer of 20 digits',
    ['1', '12345678901234567000', '7', '0.5'],
    [1, 12345678901234567000, 7, 0.5],
  ],
  ['a decimal before an integer of 20 digits', ['0.5', '12345678901234567000', '7'], [0.5, 12345678901234567000, 7]],
])('%s are read', async (_, fields, expected) => {
  const { tensors } = await open(`x,y\n${fields.map((field) => `${field},1\n`).join('')}`);
  expect(await numbers(tensors.get('x'))).toEqual(expected);
});

test.each<[string, string[], (number | bigint)[]]>([
  ['a zero', ['123', '0', '00123'], [123n, 0n, 123n]],
  ['a minus and zeros', ['1', '-007', '2'], [1n, -7n, 2n]],
  ['a plus sign', ['1', '+7', '2'], [1n, 7n, 2n]],
  ['zeros, in quotes', ['1', '"007"', '2'], [1n, 7n, 2n]],
  ['zeros, where one is missing', ['', '1', '007'], [none, 1, 7]],
  ['zeros before many digits', ['1', '2', '000000001234567890123'], [1n, 2n, 1234567890123n]],
])('numbers that begin with %s are text as ids, and numbers else', async (_, fields, expected) => {
  const rows = fields.map((field) => `${field},1\n`).join('');
  for (const keptBytes of [1_000, 0]) {
    const partition = await openCsv(bytesSource('1.csv', Buffer.from(`x,y\n${rows}`)), keptBytes);
    expect(await numbers(maybeTensor(partition, 'x'))).toEqual(expected);
    expect(textRows(await joined((idTensors(partition, 'x')[0] as PartitionTensor).bytes()), 3)).toEqual(
      fields.map((field) => field.replaceAll('"', '')),
    );
    expect(idTensors(partition, 'y')).toEqual([maybeTensor(partition, 'y')]);
  }
});

test('ids whose text is that of their numbers are numbers', async () => {
  const partition = await open('x\n0\n-1\n10\n100200300400500600\n 7\n');
  expect(idTensors(partition, 'x')).toMatchObject([{ dtype: 'int64' }]);
});

test.each([
  ['semicolons', 'a;b\n1;2\n'],
  ['tabs', 'a\tb\n1\t2\n'],
  ['a byte order mark', '\uFEFFa,b\n1,2\n'],
  ['Windows line ends and blank lines', 'a,b\r\n\r\n1,2\r\n\r\n'],
  ['quotes, and a line break in one', '"a","b","what\nelse"\n"1",2,"say ""x"", y\n"\n'],
  ['old style: no name for the index', ',a,b\n0,1,2\n'],
])('a file with %s', async (_, text) => {
  for (const pieceBytes of [1, 2, 3, 1_000]) {
    const { tensors } = await open(text, pieceBytes);
    expect([await numbers(tensors.get('a')), await numbers(tensors.get('b'))]).toEqual([[1n], [2n]]);
  }
});

test.each([
  ['a,b\n1,2\n3\n', 'PartitionCorrupt', '1.csv: line 3 has 1 fields, the header has 2'],
  ['a,"b\n1"\n1,2\n1,2,3\n', 'PartitionCorrupt', '1.csv: line 4 has 3 fields, the header has 2'],
  [
    '#Table1\nobjid,ra\n1,2\n',
    'PartitionCorrupt',
    'line 2 has 2 fields, the header has 1: #Table1; take the lines above the names of the columns out',
  ],
  ['1.5,2\n1,2\n', 'PartitionCorrupt', 'its first line holds numbers (1.5, 2); put the names of the columns there'],
  ['a,a\n1,2\n', 'PartitionCorrupt', 'two columns have the name a'],
  ['a,b\n1,2\n3,4', 'PartitionTruncated', '1.csv: line 3 does not end: it was cut short, or lacks the line break'],
  ['a,b', 'PartitionTruncated', '1.csv: line 1 does not end'],
  ['a,b\n1,"2\n3,4\n', 'PartitionTruncated', '1.csv: line 2 does not end'],
  ['a,b\n1,"2"3\n', 'PartitionCorrupt', 'the quotes in field 2 of line 2 are wrong'],
  [`a,b\n1,"${'2\n'.repeat(2_500_000)}`, 'PartitionCorrupt', 'of line 2 are wrong'],
  [`${','.repeat(20_000)}x\n`, 'PartitionCorrupt', '20001 columns; more than 16384 are not read'],
])('damage %# is refused: the line is named', async (text, code, message) => {
  const opening = open(text.length > 1_000 ? Buffer.from(text) : text, text.length > 1_000 ? 65_536 : undefined);
  await expect(opening).rejects.toMatchObject({ name: code, message: expect.stringContaining(message) });
});

test.each([
  ['name', '"NGC 1300" in row 1 is no number'],
  ['hex', '"0x10" in row 0 is no number'],
  ['comma', '"1,5" in row 0 is no number'],
  ['flag', '"True" in row 0 is no number'],
  ['big', '"99999999999999999999" in row 1 is too large for an integer of 64 bits'],
])('column %s is text: the value that is no number is kept', async (name, message) => {
  const partition = await open('name;hex;comma;flag;big\n7;0x10;1,5;True;1\nNGC 1300;1;2;3;99999999999999999999\n');
  expect(maybeTensor(partition, name)).toMatchObject({ dtype: 'text', shape: [2, 128], note: message });
});

test.each([
  ['latin1', Buffer.from('a,name\n1,x\n2,\u00e9\n3,y\n', 'latin1'), 'line 3'],
  ['UTF-16', Buffer.from('\uFEFFa,name\n1,x\n', 'utf16le'), 'line 1'],
])('%s is refused, not read as other letters', async (_, bytes, line) => {
  for (const pieceBytes of [1, 7, 1_000]) {
    const refusal = { name: 'PartitionCorrupt', message: `1.csv: ${line} is no UTF-8 text; write the file in UTF-8` };
    await expect(open(bytes, pieceBytes)).rejects.toMatchObject(refusal);
  }
});

test('what a column is does not depend on the order of its rows', async () => {
  const fields = [
    '1',
    '-0',
    '007',
    '+7',
    '',
    'nan',
    '0.5',
    '1e3',
    'inf',
    '9007199254740993',
    '12345678901234567891',
    'x',
  ];
  const kindOf = async (rows: string[]) => {
    const { tensors, unreadable, texts } = await open(`x,y\n${rows.map((field) => `${field},1\n`).join('')}`);
    return { dtype: tensors.get('x')?.dtype, isUnreadable: unreadable.has('x'), isText: texts?.has('x') };
  };
  const orders = fc
    .array(fc.constantFrom(...fields), { minLength: 2, maxLength: 6 })
    .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
  await fc.assert(
    fc.asyncProperty(orders, async ([rows, others]) => {
      expect(await kindOf(others)).toEqual(await kindOf(rows));
    }),
    { numRuns: 500 },
  );
});

test('text serves as id, up to 128 bytes of it', async () => {
  const name = 'é'.repeat(64);
  const texts = ['NGC 1300', 'say "x", y', '', '7', name];
  const rows = ['NGC 1300', '"say ""x"", y"', '', '7', name];
  const { tensors } = await open(`n,i\n${rows.map((text, i) => `${text},${i}\n`).join('')}`, 5);
  const bytes = Buffer.from(await joined((tensors.get('n') as PartitionTensor).bytes()));
  const read = texts.map((_, i) =>
    bytes
      .subarray(i * 128, (i + 1) * 128)
      .toString()
      .replaceAll('\0', ''),
  );
  expect(read).toEqual(texts);
  const long = await open(`n\nx\n${'y'.repeat(129)}\n`);
  const reading = joined((long.tensors.get('n') as PartitionTensor).bytes());
  await expect(reading).rejects.toThrow('1.csv: tensor n: row 1: a text of 129 bytes, an id has 128 at most');
});

test('columns side by side are one tensor, of floats where their types differ', async () => {
  const partition = await open('a,b,c,name\n1,0.5,3,x\n4,,6,y\n');
  const ab = maybeTensor(partition, 'a, b');
  expect(ab).toMatchObject({ dtype: 'float64', shape: [2, 2] });
  expect(await numbers(ab)).toEqual([1, 0.5, 4, none]);
  const ca = maybeTensor(partition, 'c,a');
  expect(ca).toMatchObject({ dtype: 'int64', shape: [2, 2] });
  expect(await numbers(ca)).toEqual([3n, 1n, 6n, 4n]);
  expect(maybeTensor(partition, 'a, d')).toBeUndefined();
  expect(maybeTensor(partition, 'a, name')).toMatchObject({ name: 'name', note: '"x" in row 0 is no number' });
});

test('a file too large to be kept is read again for its columns, side by side and alone', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => ({
    id: BigInt(i) * 307_445_734_561n,
    x: i === 3 ? none : i < 10 ? i / 8 : i === 20_000 ? 12345678901234567000 : i,
    name: i % 1_000 === 0 ? `NGC "${i}",\nb` : `NGC ${i}`,
  }));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const line = ({ id, x, name }: (typeof rows)[number]) => `${id};${Number.isNaN(x) ? '' : x};${quoted(name)}\r\n`;
  // Most blocks of this column of floats hold integers only.
  const text = Buffer.from(`id;x;name\r\n${rows.map(line).join('')}`);
  const kept = await openCsv(bytesSource('1.csv', text, 65_536));
  const again = await openCsv(bytesSource('1.csv', text, 65_536), 0);
  const read = ({ tensors }: Partition) =>
    Promise.all(['id', 'x', 'name'].map((name) => joined((tensors.get(name) as PartitionTensor).bytes())));
  const described = ({ tensors }: Partition) => [...tensors.values()].map(({ dtype, shape }) => ({ dtype, shape }));
  expect(described(again)).toEqual(described(kept));
  const sideBySide = await read(again);
  expect(sideBySide).toEqual(await read(kept));
  const [id, x, name] = ['id', 'x', 'name'].map((each) => again.tensors.get(each));
  expect(await numbers(id)).toEqual(rows.map((row) => row.id));
  expect(await numbers(x)).toEqual(rows.map((row) => row.x));
  expect(await joined((name as PartitionTensor).bytes())).toEqual(sideBySide[2]);
});

test('columns side by side and alone are downloaded together, batch by batch, however wide the rows are', async () => {
  const header = ['id', ...Array.from({ length: 150 }, (_, i) => `m${i}`), 'z'];
  const lines = Array.from({ length: 4_000 }, (_, row) => header.map((_, i) => row + i / 8).join(','));
  const text = Buffer.from(`${header.join(',')}\n${lines.join('\n')}\n`);
  let downloadedBytes = 0;
  const source = bytesSource('1.csv', text, 65_536);
  const object: typeof source = {
    ...source,
    async *stream(...asked) {
      for await (const chunk of source.stream(...asked)) {
        downloadedBytes += chunk.length;
        yield chunk;
      }
    },
    read(start, end) {
      downloadedBytes += end - start;
      return source.read(start, end);
    },
  };
  const partition = await openCsv(object, 0);
  const tensors = ['m0,m1,m2,m3,m4', 'id', 'z'].flatMap((name) => maybeTensor(partition, name) ?? []);
  const [inputs, columns] = [tensors.slice(0, 1), tensors.slice(1)];
  const plan = { samples: lines.length, batchSize: 100, inputs, columns, feeds: Promise.resolve([]) };
  const ids: unknown[] = [];
  for await (const { whole, columns } of readBatches(object, plan, openBatchMemory(), startPhases())) {
    await whole;
    ids.push(...(columns.get('id') ?? []));
  }
  expect(ids).toEqual(lines.map((_, row) => BigInt(row)));
  // Once for the types of the columns, once for their values.
  expect(downloadedBytes / text.length).toBeLessThan(2.1);
});

test('a header alone is a file without samples', async () => {
  const { tensors } = await open('a,b\n');
  expect(() => countSamples('1.csv', [...tensors.values()])).toThrow('1.csv: tensor a [0] holds no samples');
});

test('any numbers come back bit by bit, however they are written and the file arrives', async () => {
  // A few decimals too: those of a double are nearly always too many to be read in the plain way.
  const value = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer({ min: -9e8, max: 9e8 }).map((x) => x / 1e4),
  );
  const written = fc.tuple(value, fc.constantFrom('', '"', ' '));
  const column = fc.array(written, { minLength: 1, maxLength: 80 });
  const lineEnd = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(column, lineEnd, fc.integer({ min: 1, max: 40 }), async (fields, end, pieceBytes) => {
      const text = fields.map(([x, around], i) => `${i},${around}${Object.is(x, -0) ? '-0' : x}${around}${end}`);
      // A decimal point makes it a column of floats.
      const { tensors } = await open(`i,x${end}0,0.5${end}${text.join('')}`, pieceBytes);
      expect(await numbers(tensors.get('x'))).toEqual([0.5, ...fields.map(([x]) => x)]);
    }),
  );
});
