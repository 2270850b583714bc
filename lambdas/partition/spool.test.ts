import { expect, test } from 'vitest';
import { joined } from '../formats/bytes-source.ts';
import { type EnterableTensor, openSpool, type Spool } from './spool.ts';

const ROWS = 1_000;
const short = (tensor: string, row: number) => new Error(`${tensor} ends before row ${row}`);

/** Columns of int32, each row its number plus a thousand times the column's; `entered` are the rows they were entered at. */
function columns(count: number, rows = ROWS) {
  const entered: string[] = [];
  const tensors = Array.from({ length: count }, (_, c): EnterableTensor => {
    const bytes = new Uint8Array(Int32Array.from({ length: rows }, (_, row) => c * 1_000 + row).buffer);
    async function* bytesFrom(row: number) {
      entered.push(`${c} at ${row}`);
      for (let at = row * 4; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
    }
    const name = `c${c}`;
    return {
      name,
      dtype: 'int32',
      shape: [ROWS],
      bigEndian: false,
      range: undefined,
      bytes: () => bytesFrom(0),
      bytesFrom,
    };
  });
  return { tensors, entered };
}

async function numbers(spool: Spool, tensor: EnterableTensor, first: number, count: number) {
  const bytes = await joined(spool.rows(tensor, first, count));
  return [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
}

test('rows come as they are, each column is entered once for a window of rows', async () => {
  const { tensors, entered } = columns(3);
  // A window of 250 rows of 12 bytes.
  const spool = openSpool(tensors, short, { windowBytes: 3_000 });
  for (let row = 0; row < ROWS; row += 50) {
    for (const [c, tensor] of tensors.entries())
      expect(await numbers(spool, tensor, row, 50)).toEqual(Array.from({ length: 50 }, (_, i) => c * 1_000 + row + i));
  }
  await spool.close();
  expect(entered).toEqual([0, 250, 500, 750].flatMap((row) => [0, 1, 2].map((c) => `${c} at ${row}`)));
});

test('more rows than a window holds, and rows before it, are read all the same', async () => {
  const { tensors } = columns(2);
  const spool = openSpool(tensors, short, { windowBytes: 800 });
  const [one, other] = tensors as [EnterableTensor, EnterableTensor];
  expect(await numbers(spool, one, 0, ROWS)).toEqual(Array.from({ length: ROWS }, (_, i) => i));
  expect(await numbers(spool, other, 10, 5)).toEqual([1_010, 1_011, 1_012, 1_013, 1_014]);
  await spool.close();
});

test('a column that ends too early is named', async () => {
  const { tensors } = columns(2, 900);
  const spool = openSpool(tensors, short);
  await expect(numbers(spool, tensors[1] as EnterableTensor, 0, 10)).rejects.toThrow('c1 ends before row 1000');
  await spool.close();
});
