/** Data file formats, by file name extension. */
export const dataFileExtensions = ['safetensors', 'npy', 'npz', 'pt', 'pth', 'parquet', 'csv'] as const;
export type DataFileExtension = (typeof dataFileExtensions)[number];

/** The format of a data file by its key; undefined for anything else (manifests, hidden files, folder markers). */
export function dataFileExtension(key: string): DataFileExtension | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (name.startsWith('.') || name.startsWith('_')) return undefined;
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return dataFileExtensions.find((known) => known === extension);
}
