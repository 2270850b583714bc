import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource, joined } from './bytes-source.ts';
import { type Dtype, itemBytes } from './partition.ts';
import { extent, isContiguous, stridedBytes } from './strided.ts';

const dtypes: Dtype[] = ['uint8', 'float16', 'float32', 'int64'];
const layouts = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.tuple(fc.nat(5), fc.nat(30)), { maxLength: 4 }), fc.nat(9))
  .map(([dtype, dims, offset]) => ({
    dtype,
    offset,
    shape: dims.map(([size]) => size),
    stride: dims.map(([, by]) => by),
  }));

test('any strides give the elements in row-major order', async () => {
  await fc.assert(
    fc.asyncProperty(layouts, async ({ offset, ...layout }) => {
      const size = itemBytes[layout.dtype];
      const storage = Uint8Array.from({ length: (offset + extent(layout)) * size }, (_, i) => i * 7 + (i >> 8));
      const expected: number[] = [];
      const walk = (dim: number, at: number): void => {
        if (dim === layout.shape.length) expected.push(...storage.subarray(at * size, (at + 1) * size));
        else for (let i = 0; i < (layout.shape[dim] ?? 0); i++) walk(dim + 1, at + i * (layout.stride[dim] ?? 0));
      };
      walk(0, offset);
      const got = await joined(stridedBytes(bytesSource('1.pt', storage), offset * size, layout));
      expect([...got]).toEqual(expected);
      if (isContiguous(layout))
        expect(expected).toEqual([...storage.subarray(offset * size)].slice(0, expected.length));
    }),
  );
});

test('rows that follow each other are read piece by piece', async () => {
  const shape = [3_000, 100];
  const storage = new Uint8Array(new Float32Array(3_000 * 128).map((_, i) => i).buffer);
  const sizes: number[] = [];
  let first = -1;
  const layout = { dtype: 'float32' as const, shape, stride: [128, 1] };
  for await (const chunk of stridedBytes(bytesSource('1.pt', storage, 65_536), 0, layout)) {
    sizes.push(chunk.length);
    first = new Float32Array(chunk.buffer, chunk.byteOffset, 1)[0] ?? -1;
  }
  expect(sizes.length).toBeGreaterThan(4);
  expect(sizes.reduce((a, b) => a + b)).toBe(3_000 * 100 * 4);
  expect(first % 128).toBe(0);
});
