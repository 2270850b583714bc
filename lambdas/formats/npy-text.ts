import { Failure } from '../failure.ts';
import { openByteReader } from './byte-reader.ts';
import { TEXT_BYTES } from './partition.ts';
import { paddedText } from './text-rows.ts';

/** How the texts of an array lie in its file: `<U10` or `|S10`, each filled up with zeros. */
export interface NpyText {
  /** Of one text. */
  widthBytes: number;
  /** 4 bytes for each character, as numpy keeps str; else bytes as they are, which should be UTF-8. */
  isUtf32: boolean;
  bigEndian: boolean;
  count: number;
}

const PIECE_BYTES = 256 * 1024;
const MAX_CODE_POINT = 0x10ffff;

/**
 * Texts as rows of a text tensor.
 * @param what begins the messages: `datasets/x/3.npz: tensor name`.
 * @param bytes of the array.
 */
export async function* npyTexts(what: string, text: NpyText, bytes: AsyncIterable<Uint8Array>) {
  const { widthBytes, count } = text;
  const reader = openByteReader(bytes);
  const most = Math.max(1, Math.floor(PIECE_BYTES / Math.max(widthBytes, TEXT_BYTES)));
  try {
    for (let row = 0; row < count; row += most) {
      const rows = Math.min(most, count - row);
      const piece = await reader.view(rows * widthBytes);
      // Who reads says where it ends.
      if (!piece) return;
      const padded = new Uint8Array(rows * TEXT_BYTES);
      for (let i = 0; i < rows; i++) {
        const stored = piece.subarray(i * widthBytes, (i + 1) * widthBytes);
        const utf8 = text.isUtf32 ? fromUtf32(what, row + i, stored, text.bigEndian) : withoutZeros(stored);
        padded.set(paddedText(what, row + i, utf8), i * TEXT_BYTES);
      }
      yield padded;
    }
  } finally {
    await reader.close();
  }
}

function withoutZeros(text: Uint8Array): Uint8Array {
  const end = text.indexOf(0);
  return end < 0 ? text : text.subarray(0, end);
}

function fromUtf32(what: string, row: number, stored: Uint8Array, bigEndian: boolean): Uint8Array {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  let text = '';
  for (let at = 0; at < stored.length; at += 4) {
    const code = view.getUint32(at, !bigEndian);
    if (code === 0) break;
    if (code > MAX_CODE_POINT) {
      const why = `row ${row} holds the character ${code}, which does not exist; write or upload it again`;
      throw new Failure('PartitionCorrupt', `${what}: ${why}`);
    }
    text += String.fromCodePoint(code);
  }
  return Buffer.from(text);
}
