const SIZE = /[-_.]?\d+(\.\d+)?[kMGT]?i?B$/i;

/**
 * What datasets have in common that are the same data cut into partitions of other sizes, by their names:
 * `starmap/datasets/sdss` of `starmap/datasets/sdss-25MB`.
 */
export function datasetKind(id: string): string {
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
