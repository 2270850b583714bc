import { Failure } from '../failure.ts';
import type { PageMemory } from './page-store.ts';
import { ParquetDamage, readDifferences, requireBytes } from './parquet-encodings.ts';
import { TEXT_BYTES } from './partition.ts';
import { tooLong } from './text-rows.ts';

// Texts of a page as rows of one length, padded with zeros.

/** Each after its length. */
export function plainTexts(values: Uint8Array, count: number, memory: PageMemory): Uint8Array {
  requireBytes(values, count * 4);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const rows = openRows(count, memory);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > values.length) throw new ParquetDamage(`${i} of ${count} texts are there`);
    at = rows.add(values, at + 4, view.getUint32(at, true));
  }
  return rows.padded;
}

/**
 * First all lengths, then all texts (DELTA_LENGTH_BYTE_ARRAY); or first how many bytes each has in common with the one
 * before, then the others so (DELTA_BYTE_ARRAY).
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */
export function textsAfterLengths(
  values: Uint8Array,
  count: number,
  hasCommon: boolean,
  memory: PageMemory,
): Uint8Array {
  const rows = openRows(count, memory);
  if (count === 0) return rows.padded;
  const common = hasCommon ? readDifferences(values, 0, new Int32Array(count)) : undefined;
  const lengths = readDifferences(values, common?.end ?? 0, new Int32Array(count));
  let at = lengths.end;
  for (let i = 0; i < count; i++) at = rows.add(values, at, lengths.values[i] as number, common?.values[i]);
  return rows.padded;
}

function openRows(count: number, memory: PageMemory) {
  const padded = memory('texts', count * TEXT_BYTES).fill(0);
  let filled = 0;
  let before = 0;
  return {
    padded,
    /** @param common bytes of the text before that come first. @returns where it ends. */
    add(values: Uint8Array, start: number, size: number, common = 0): number {
      const end = start + size;
      if (size < 0 || end > values.length) throw new ParquetDamage(`a text of ${size} bytes ends behind its page`);
      if (common < 0 || common > before) throw new ParquetDamage(`a text has ${common} of ${before} bytes in common`);
      if (common + size > TEXT_BYTES) throw new Failure('UnsupportedFormat', tooLong(common + size));
      padded.copyWithin(filled, filled - TEXT_BYTES, filled - TEXT_BYTES + common);
      padded.set(values.subarray(start, end), filled + common);
      before = common + size;
      filled += TEXT_BYTES;
      return end;
    },
  };
}
