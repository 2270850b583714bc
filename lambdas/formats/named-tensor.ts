import type { Partition, PartitionTensor } from './partition.ts';
import { stackColumns } from './stacked-columns.ts';

/** The tensor of ids: a number that is written in a way of its own is text there. Undefined where the file has none. */
export const idTensor = (partition: Partition, name: string): PartitionTensor | undefined =>
  partition.texts?.get(name) ?? maybeTensor(partition, name);

/**
 * The tensor of this name. Names with commas between them, `u, g, r`, are columns [n] side by side: a tensor [n, 3].
 * Undefined where the file has none.
 * @throws where it has one that cannot be read.
 */
export function maybeTensor(partition: Partition, name: string): PartitionTensor | undefined {
  const { tensors, unreadable } = partition;
  const failure = unreadable.get(name);
  if (failure) throw failure;
  const tensor = tensors.get(name);
  if (tensor || !name.includes(',')) return tensor;
  const columns = name.split(',').map((column) => maybeTensor(partition, column.trim()));
  const text = columns.find((column) => column?.dtype === 'text');
  // It is refused where numbers are needed, in words that say which value is none.
  if (text) return text;
  if (!columns.every((column) => column?.shape.length === 1)) return undefined;
  const stacked = stackColumns(name, columns as PartitionTensor[]);
  tensors.set(name, stacked);
  return stacked;
}
