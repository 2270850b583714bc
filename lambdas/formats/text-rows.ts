import { Failure } from '../failure.ts';
import { TEXT_BYTES } from './partition.ts';

/**
 * A row of a text tensor.
 * @param what begins the message: `datasets/x/3.csv: tensor name`.
 */
export function paddedText(what: string, row: number, text: Uint8Array): Uint8Array {
  if (text.length > TEXT_BYTES) {
    throw new Failure('UnsupportedFormat', `${what}: row ${row}: ${tooLong(text.length)}`);
  }
  const padded = new Uint8Array(TEXT_BYTES);
  padded.set(text);
  return padded;
}

export const tooLong = (sizeBytes: number) => `a text of ${sizeBytes} bytes, an id has ${TEXT_BYTES} at most`;
