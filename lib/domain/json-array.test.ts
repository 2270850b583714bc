import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonArray } from './json-array.ts';

async function read(text: string, chunkBytes: number): Promise<unknown[]> {
  const bytes = new TextEncoder().encode(text);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const elements: unknown[] = [];
  for await (const element of readJsonArray(chunks())) elements.push(element);
  return elements;
}

test('the same objects as JSON.parse, wherever the text is cut', async () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1, max: 40 }), fc.nat({ max: 2 }), async (value, chunk, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(await read(text, chunk)).toEqual(JSON.parse(text));
    }),
  );
});

test('brackets, quotes and many-byte characters in strings', async () => {
  const value = [{ a: '}]{["\\' }, { b: ['é😀', { c: '[' }] }, {}];
  for (const chunk of [1, 2, 3, 1000]) expect(await read(JSON.stringify(value), chunk)).toEqual(value);
});

test('nothing', async () => expect(await read('[]', 10)).toEqual([]));

test('a cut file is an error, not a shorter list', async () => {
  await expect(read('[{"a":1},{"b":', 4)).rejects.toThrow('ends in the middle');
});
