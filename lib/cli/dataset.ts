import type { DatasetManifest } from '../domain/dataset.ts';
import { formatBytes, plural } from '../domain/format.ts';
import { plainId } from '../domain/keys.ts';
import { findDatasetFiles } from '../server/dataset-files.ts';
import { deleteDataset } from '../server/delete-dataset.ts';
import { type DatasetProgress, makeDataset } from '../server/make-dataset.ts';
import { accepted } from './accepted.ts';
import { confirm } from './confirm.ts';
import { progressBar } from './progress-bar.ts';
import { s3Location } from './s3-location.ts';
import { sizeOption } from './size-option.ts';
import { UserError } from './user-error.ts';

interface DatasetOptions {
  size: string;
  partition: string;
  out: string;
  seed: string;
  overwrite?: boolean;
  json?: boolean;
}

/** `starmap dataset`: generates simulated galaxies straight into S3. */
export async function dataset(options: DatasetOptions): Promise<void> {
  const { bucket, prefix } = s3Location(options.out);
  const seed = Number(options.seed);
  if (!Number.isSafeInteger(seed)) throw new UserError(`--seed must be a whole number, not "${options.seed}"`);
  const manifest = await makeWithBar({
    bucket,
    prefix,
    sizeBytes: sizeOption('--size', options.size),
    partitionSizeBytes: sizeOption('--partition', options.partition),
    seed,
    overwrite: options.overwrite ?? false,
  });
  const { samples, bytes, partitions } = manifest;
  if (options.json)
    console.log(
      JSON.stringify({ id: `${bucket}/${prefix}`, bucket, prefix, samples, bytes, partitions: partitions.length }),
    );
}

/** `starmap dataset delete`: says what goes, and asks. */
export async function removeDataset(place: string, options: { yes?: boolean; json?: boolean }): Promise<void> {
  const id = plainId(place);
  const { keys, sizeBytes } = accepted(await findDatasetFiles(id));
  const what = `${plural(keys.length, 'file')} in s3://${id}, ${formatBytes(sizeBytes)}`;
  if (!options.yes && !(await confirm(`Delete ${what}?`))) throw new UserError('Nothing was deleted.');
  const deleted = accepted(await deleteDataset(id));
  console.log(options.json ? JSON.stringify({ id, ...deleted }) : `Deleted ${what}.`);
}

/** Makes a dataset behind a progress bar. */
export async function makeWithBar(
  request: Omit<Parameters<typeof makeDataset>[0], 'onProgress'>,
): Promise<DatasetManifest> {
  const bar = progressBar(`Dataset s3://${request.bucket}/${request.prefix}`);
  const startedAt = performance.now();
  const onProgress = ({ bytesDone, bytes }: DatasetProgress) =>
    bar.update(bytesDone / bytes, `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`);
  const manifest = accepted(await makeDataset({ ...request, onProgress }));
  const seconds = (performance.now() - startedAt) / 1000;
  bar.done(
    `${plural(manifest.partitions.length, 'partition')}, ${plural(manifest.samples, 'sample')}, ${formatBytes(manifest.bytes)} in ${seconds.toFixed(1)} s`,
  );
  return manifest;
}
