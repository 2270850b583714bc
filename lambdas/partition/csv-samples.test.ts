import { expect, test } from 'vitest';
import { bytesSource, joined } from '../formats/bytes-source.ts';
import { csvSamples } from './csv-samples.ts';
import { scanCsv } from './csv-table.ts';

test('a column of floats keeps an integer that is too large for an integer', async () => {
  // Far behind the decimal that makes it a column of floats, among integers.
  const values = Array.from({ length: 10_000 }, (_, i) => (i === 0 ? 0.5 : i === 6_000 ? 12345678901234567000 : i));
  const bytes = Buffer.from(`x\n${values.join('\n')}\n`);
  const file = { name: '1.csv', sizeBytes: bytes.length, version: '1', open: () => bytesSource('1.csv', bytes, 4_096) };
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
