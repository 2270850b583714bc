import { expect, test } from 'vitest';
import { bytesSource, joined } from '../formats/bytes-source.ts';
import { csvSamples } from './csv-samples.ts';
import { scanCsv } from './csv-table.ts';

function csvFile(text: string) {
  const bytes = Buffer.from(text);
  const object = bytesSource('1.csv', bytes, 4_096);
  let read = 0;
  const open = () => ({
    ...object,
    async *stream(start: number, end: number) {
      for await (const piece of object.stream(start, end)) {
        read += piece.length;
        yield piece;
      }
    },
  });
  return { file: { name: '1.csv', sizeBytes: bytes.length, version: '1', open }, readShare: () => read / bytes.length };
}

test('rows of one column page by page, then those of another, are parsed once for all columns', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${i},name ${i},${i / 2}`);
  const { file, readShare } = csvFile(`id,name,half\n${rows.join('\n')}\n`);
  const table = await scanCsv([file], { samples: rows.length }, () => {});
  const samples = csvSamples([file], table, null);
  try {
    const before = readShare();
    const halves: number[] = [];
    for (const tensor of samples.tensors) {
      const page = tensor.dtype === 'text' ? 1_000 : rows.length;
      for (let row = 0; row < rows.length; row += page) {
        const bytes = await joined(samples.rows(tensor, row, page));
        if (tensor.name === 'half') halves.push(...new Float64Array(bytes.buffer));
        if (tensor.name === 'name') expect(Buffer.from(bytes).toString('latin1', 0, 12)).toMatch(`name ${row}`);
      }
    }
    expect(halves).toEqual(rows.map((_, i) => i / 2));
    expect(readShare() - before).toBeLessThan(1.1);
  } finally {
    await samples.close();
  }
});

test('a column of floats keeps an integer that is too large for an integer', async () => {
  // Far behind the decimal that makes it a column of floats, among integers.
  const values = Array.from({ length: 10_000 }, (_, i) => (i === 0 ? 0.5 : i === 6_000 ? 12345678901234567000 : i));
  const { file } = csvFile(`x\n${values.join('\n')}\n`);
  const table = await scanCsv([file], { samples: values.length }, () => {});
  const samples = csvSamples([file], table, null);
  try {
    const [x] = samples.tensors;
    expect(x).toMatchObject({ name: 'x', dtype: 'float64' });
    const read = await joined(samples.rows(x as (typeof samples.tensors)[number], 0, values.length));
    expect([...new Float64Array(read.buffer)]).toEqual(values);
  } finally {
    await samples.close();
  }
});
