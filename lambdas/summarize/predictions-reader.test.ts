import type { AsyncBuffer } from 'hyparquet';
import { expect, test } from 'vitest';
import type { ColumnValues, ParquetColumn } from '../parquet-columns.ts';
import { GROUP_VALUES, ROW_GROUP_ROWS, writeParquet } from '../parquet-file.ts';
import type { ObjectWriter } from '../s3/object-writer.ts';
import { openPredictionsFile } from './predictions-reader.ts';

const about = { predicted: [], truth: [], absent: [], execution_arn: 'arn' };

async function written(columns: ParquetColumn[], values: ColumnValues[], count: number, options = {}) {
  const parts: Uint8Array[] = [];
  const writer: ObjectWriter = {
    write: async (bytes) => void parts.push(Buffer.from(bytes as Uint8Array)),
    finish: async () => undefined,
    abort: async () => undefined,
  };
  const parquet = writeParquet(writer, columns, about, options);
  await parquet.append(values, count);
  await parquet.finish();
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

async function readBack(bytes: ArrayBuffer | AsyncBuffer) {
  const groups: ColumnValues[][] = [];
  for await (const group of (await openPredictionsFile(bytes)).rowGroups()) groups.push(group.values);
  return groups;
}

const writtenAndRead = async (...file: Parameters<typeof written>) => readBack(await written(...file));

test('columns of few different values, which are written by a dictionary, come back in their own type', async () => {
  const rows = 1_000;
  const kinds: [ParquetColumn['type'], ColumnValues][] = [
    ['STRING', Array.from({ length: rows }, (_, i) => `file ${i % 3}`)],
    ['INT32', Int32Array.from({ length: rows }, (_, i) => i % 4)],
    ['INT64', BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 4) - 2n)],
    ['UINT64', BigUint64Array.from({ length: rows }, (_, i) => 2n ** 64n - 1n - BigInt(i % 2))],
    ['FLOAT', Float32Array.from({ length: rows }, (_, i) => (i % 2 ? Number.NaN : 0.5))],
    ['DOUBLE', new Float64Array(rows).fill(0.25)],
  ];
  const columns = kinds.map(([type]) => ({ name: type.toLowerCase(), type }));
  const [group] = await writtenAndRead(
    columns,
    kinds.map(([, values]) => values),
    rows,
  );
  for (const [i, [type, values]] of kinds.entries()) expect(group?.[i], type).toEqual(values);
});

test('a file of several row groups comes group by group', async () => {
  const rows = ROW_GROUP_ROWS + 10;
  const values = [Int32Array.from({ length: rows }, (_, i) => i)];
  const groups = await writtenAndRead([{ name: 'row', type: 'INT32' }], values, rows);
  expect(groups.map(([column]) => column?.length)).toEqual([ROW_GROUP_ROWS, 10]);
  expect(groups[1]?.[0]?.[0]).toBe(ROW_GROUP_ROWS);
});

test('small row groups of a large file are fetched many at a time, and the file no more than once', async () => {
  const rows = 500_000;
  const values = [Float64Array.from({ length: rows }, (_, i) => i), Int32Array.from({ length: rows }, (_, i) => -i)];
  const columns: ParquetColumn[] = [
    { name: 'z', type: 'DOUBLE' },
    { name: 'row', type: 'INT32' },
  ];
  const bytes = await written(columns, values, rows, { plain: true });
  const requests: number[] = [];
  const file: AsyncBuffer = {
    byteLength: bytes.byteLength,
    slice: async (start, end = bytes.byteLength) => {
      requests.push(end - start);
      return bytes.slice(start, end);
    },
  };
  const groups = await readBack(file);
  expect(groups.length).toBeGreaterThan(20);
  for (const [i, column] of values.entries()) {
    const back = groups.flatMap((group) => [...(group[i] as Float64Array | Int32Array)]);
    expect(back).toEqual([...column]);
  }
  // Six megabytes by two, and what the file says about itself.
  expect(requests.length).toBeLessThan(7);
  expect(requests.reduce((sum, size) => sum + size)).toBeLessThan(1.2 * bytes.byteLength);
});

test('of many columns a row group has fewer rows, so that it takes no more memory', async () => {
  const columns = Array.from({ length: 1_024 }, (_, i): ParquetColumn => ({ name: `p_${i}`, type: 'FLOAT' }));
  const rows = GROUP_VALUES / columns.length + 10;
  const column = Float32Array.from({ length: rows }, (_, i) => i);
  const groups = await writtenAndRead(columns, new Array<ColumnValues>(columns.length).fill(column), rows);
  expect(groups.map(([first]) => first?.length)).toEqual([rows - 10, 10]);
  expect(groups[1]?.at(-1)?.[9]).toBe(rows - 1);
});
