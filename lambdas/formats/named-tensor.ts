import { formatShape, type Partition, type PartitionTensor } from './partition.ts';
import { stackColumns } from './stacked-columns.ts';

/**
 * The tensors of ids: of `run, field` each, since side by side they would be of one type, which may not hold them. A
 * number that is written in a way of its own is text there. None where the file lacks any.
 * @throws where it has one that cannot be read.
 */
export function idTensors(partition: Partition, name: string): PartitionTensor[] {
  const { tensors, unreadable, texts = new Map<string, PartitionTensor>() } = partition;
  const readable = new Map([...tensors, ...texts]);
  const columns = columnsOf(name);
  for (const column of [name, ...columns]) {
    const failure = readable.has(column) ? undefined : unreadable.get(column);
    if (failure) throw failure;
  }
  const areSeveral = columns.length > 1 && !columnProblem({ tensors: readable }, name);
  return (areSeveral ? columns : [name]).flatMap((column) => readable.get(column) ?? []);
}

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
  const columns = columnsOf(name).map((column) => maybeTensor(partition, column));
  const text = columns.find((column) => column?.dtype === 'text');
  // It is refused where numbers are needed, in words that say which value is none.
  if (text) return text;
  if (columnProblem(partition, name)) return undefined;
  const stacked = stackColumns(name, columns as PartitionTensor[]);
  tensors.set(name, stacked);
  return stacked;
}

const columnsOf = (name: string) => name.split(',').map((column) => column.trim());

/** That there is no tensor of this name, and why: of columns side by side, which one is the matter. */
export function absence(partition: Partition, name: string): string {
  // Where none of them is there, that is all there is to say.
  const hasSome = columnsOf(name).some((column) => partition.tensors.has(column));
  const problem = name.includes(',') && hasSome && columnProblem(partition, name);
  return `no tensor ${name}${problem ? ` (${problem})` : ''}`;
}

/** Why columns cannot stand side by side; undefined where they can. */
function columnProblem({ tensors }: Pick<Partition, 'tensors'>, name: string): string | undefined {
  const names = columnsOf(name);
  const absent = names.filter((column) => !tensors.has(column));
  if (absent.length > 0) return `there is no ${absent.map((column) => column || '""').join(', ')}`;
  const columns = names.map((column) => tensors.get(column) as PartitionTensor);
  const odd = columns.find(({ dtype, shape }) => dtype !== 'text' && shape.length !== 1);
  if (odd) return `${odd.name} ${formatShape(odd.shape)} is not one value for each sample`;
  const [first] = columns as [PartitionTensor];
  const other = columns.find(({ shape }) => shape[0] !== first.shape[0]);
  return other && `${other.name} has ${other.shape[0]} samples, ${first.name} has ${first.shape[0]}`;
}

/** More that cannot be read are not explained. */
const MOST_EXPLAINED = 2;

/** What a file has, where something is not found in it: also what cannot be read, and why where that is all. */
export function contents(
  { tensors, unreadable }: Partition,
  inWords = ({ name }: PartitionTensor): string => name,
): string {
  const readable = [...tensors.values()].map(inWords).join(', ') || 'none';
  if (unreadable.size === 0) return readable;
  if (tensors.size > 0) return `${readable}; what cannot be read: ${[...unreadable.keys()].join(', ')}`;
  const reasons = [...unreadable.values()].slice(0, MOST_EXPLAINED).map(({ message }) => message);
  const more = unreadable.size - reasons.length;
  return `none that can be read (${reasons.join('; ')}${more > 0 ? `; and ${more} more` : ''})`;
}
