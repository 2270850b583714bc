/** Where everything lies in S3, stated once. Prefixes have no `/` at their end unless they are for listing. */

export const DATASETS_PREFIX = 'datasets/';
export const MODELS_PREFIX = 'models/';
export const DATASET_MANIFEST = 'dataset.json';
export const MODEL_MANIFEST = 'model.json';
/** Folder of a model package that graphs are prepared in, one folder for each version of the graph. */
export const PREPARED_FOLDER = 'prepared';

/** Each run has a prefix of its own; nothing is shared between runs. */
export const resultPath = (experimentId: string, runId: string) => `results/${experimentId}/${runId}`;

export const itemsKey = (path: string) => `${path}/items.json`;
export const executionInfoKey = (path: string, rank: number) => `${path}/${rank}.json`;
export const mapPrefix = (path: string) => `${path}/map`;
/** Folder of a map run's result files (ResultWriter): named by the last part of its ARN. */
export const mapRunFolder = (path: string, mapRunArn: string) => `${mapPrefix(path)}/${mapRunArn.split(':').at(-1)}/`;
export const summaryKey = (path: string) => `${path}/summary.json`;

export const combinedFiles = ['combined_data.json', 'predictions.csv', 'predictions.parquet'] as const;
export type CombinedFile = (typeof combinedFiles)[number];
export const combinedKey = (path: string, file: CombinedFile) => `${path}/${file}`;

/** The rank of `<path>/<rank>.json`; undefined for any other key. */
export function rankOfKey(path: string, key: string): number | undefined {
  const name = key.startsWith(`${path}/`) ? key.slice(path.length + 1) : '';
  return /^(0|[1-9]\d*)\.json$/.test(name) ? Number(name.slice(0, -'.json'.length)) : undefined;
}

/** Data formats that the inference function reads, by file name extension. */
export const DATA_FILE_EXTENSIONS = [
  'safetensors',
  'npy',
  'npz',
  'pt',
  'pth',
  'parquet',
  'csv',
  'h5',
  'hdf5',
  'fits',
] as const;
export type DataFileExtension = (typeof DATA_FILE_EXTENSIONS)[number];

/** The format of a data file by its key; undefined for anything else (manifests, hidden files, folder markers). */
export function dataFileExtension(key: string): DataFileExtension | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (/^[._]/.test(name)) return undefined;
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return DATA_FILE_EXTENSIONS.find((known) => known === extension);
}

/** Whether an object of a dataset's folder is a partition: a data file that is not hidden. */
export const isPartitionKey = (key: string): boolean => dataFileExtension(key) !== undefined;

/**
 * `<bucket>/<prefix>` of a dataset or model package, also as people copy it: `s3://<bucket>/<prefix>/`. Undefined where
 * it is no such id.
 */
export function splitId(id: string): { bucket: string; prefix: string } | undefined {
  const match = /^(?:s3:\/\/)?(?!s3:)([^/]+)\/(.+?)\/*$/.exec(id);
  return match?.[1] && match[2] ? { bucket: match[1], prefix: match[2] } : undefined;
}

/** Whether data may be put there: folders with `/` between them, no spaces, and none that is `..` or hidden. */
export const isPrefix = (text: string): boolean => /^[^/\s.][^/\s]*(\/[^/\s.][^/\s]*)*$/.test(text);

/** The one spelling of an id, so that the same thing is not taken for two; what is no id stays as it is. */
export function plainId(text: string): string {
  const at = splitId(text.trim());
  return at ? `${at.bucket}/${at.prefix}` : text;
}
