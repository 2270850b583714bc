import { expect, it } from 'vitest';
import { layoutSafetensors } from './safetensors.ts';

it('writes a header that reads back: offsets without gaps, data at a multiple of 8 bytes', () => {
  for (let rows = 1; rows < 40; rows++) {
    const { header, sizeBytes } = layoutSafetensors([
      { name: 'id', dtype: 'I64', shape: [rows] },
      { name: 'flag', dtype: 'U8', shape: [rows, 3] },
      { name: 'näme', dtype: 'F32', shape: [rows, 2, 2] },
    ]);
    expect(header.length % 8).toBe(0);
    const length = Number(new DataView(header.buffer).getBigUint64(0, true));
    expect(length).toBe(header.length - 8);
    const parsed = JSON.parse(new TextDecoder().decode(header.subarray(8)));
    expect(parsed).toEqual({
      id: { dtype: 'I64', shape: [rows], data_offsets: [0, 8 * rows] },
      flag: { dtype: 'U8', shape: [rows, 3], data_offsets: [8 * rows, 11 * rows] },
      näme: { dtype: 'F32', shape: [rows, 2, 2], data_offsets: [11 * rows, 27 * rows] },
    });
    expect(sizeBytes).toBe(header.length + 27 * rows);
  }
});

it('writes an empty tensor as an empty range', () => {
  const { header, sizeBytes } = layoutSafetensors([{ name: 'image', dtype: 'F32', shape: [0, 5] }]);
  expect(JSON.parse(new TextDecoder().decode(header.subarray(8))).image.data_offsets).toEqual([0, 0]);
  expect(sizeBytes).toBe(header.length);
});
