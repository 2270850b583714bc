import { parseSize } from './parse-size.ts';

const SIZE = /[-_.]?(\d+(?:\.\d+)?[kMGT]?i?B)$/i;
/** As far as a name may be from the size: MB stands for MiB, and without a dataset.json the largest file is the size. */
const NEAR = 0.1;

/**
 * What datasets have in common that are the same data cut into partitions of other sizes, by their names:
 * `starmap/datasets/sdss` of `starmap/datasets/sdss-25MB`. A size in a name that is not that of a partition is how much
 * data there is, which tells it from other data.
 */
export function datasetKind(id: string, partitionSizeBytes: number): string {
  const named = parseSize(SIZE.exec(id)?.[1] ?? '') ?? 0;
  if (Math.abs(named - partitionSizeBytes) > NEAR * partitionSizeBytes) return id;
  const kind = id.replace(SIZE, '');
  return kind.endsWith('/') ? id : kind;
}

/** The last parts of the id of a dataset or model: as many as tell it from the others. */
export function shortId(id: string, others: readonly string[]): string {
  const parts = id.split('/');
  const end = (count: number, of: string) => of.split('/').slice(-count).join('/');
  for (let count = 1; count < parts.length; count++) {
    const name = end(count, id);
    if (others.every((other) => other === id || end(count, other) !== name)) return name;
  }
  return id;
}

interface Named {
  id: string;
  name: string;
}

/** What a dataset is called in a list: its name, or its id in short where another one has that name. */
export function nameAmong({ id, name }: Named, all: readonly Named[]): string {
  const isAlone = all.every((other) => other.id === id || other.name !== name);
  return isAlone
    ? name
    : shortId(
        id,
        all.map((other) => other.id),
      );
}
