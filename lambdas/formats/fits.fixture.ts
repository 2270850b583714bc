import { readdirSync, readFileSync } from 'node:fs';
import type { Partition, PartitionTensor } from './partition.ts';

const folder = new URL('../testdata/formats/', import.meta.url);
export const files = readdirSync(folder).filter((name) => name.endsWith('.fits'));
export const testdata = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

export function tensorOf({ tensors }: Partition, name: string): PartitionTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`there is no ${name}, only ${[...tensors.keys()]}`);
  return tensor;
}

export async function* rowsFrom({ bytesFrom }: PartitionTensor, row: number) {
  if (bytesFrom) yield* bytesFrom(row);
}

/** A header of these cards, as many blocks as they take. */
export function header(cards: string[]): Uint8Array {
  const text = [...cards, 'END'].map((card) => card.padEnd(80)).join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / 2_880) * 2_880), 'latin1');
}
export const card = (keyword: string, value: string | number) => `${keyword.padEnd(8)}= ${String(value).padStart(20)}`;
const primary = header([card('SIMPLE', 'T'), card('BITPIX', 8), card('NAXIS', 0)]);
const padded = (data: Uint8Array) => Buffer.concat([data], Math.ceil(data.length / 2_880) * 2_880);

/** A file of one table. */
export function tableFile(
  forms: string[],
  rowBytes: number,
  rows: number,
  data: Uint8Array,
  more: string[] = [],
): Uint8Array {
  const axes = [card('NAXIS', 2), card('NAXIS1', rowBytes), card('NAXIS2', rows), card('TFIELDS', forms.length)];
  const columns = forms.map((form, i) => card(`TFORM${i + 1}`, `'${form}'`));
  const head = header([card('XTENSION', "'BINTABLE'"), card('BITPIX', 8), ...axes, ...columns, ...more]);
  return new Uint8Array(Buffer.concat([primary, head, padded(data)]));
}
