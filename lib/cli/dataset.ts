import { parseSize } from '../domain/parse-size.ts';
import { makeDataset } from '../server/make-dataset.ts';
import { progressBar } from './progress-bar.ts';
import { s3Location } from './s3-location.ts';
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
  const bar = progressBar(`Dataset ${options.out}`);
  const startedAt = performance.now();
  const manifest = await makeDataset({
    bucket,
    prefix,
    sizeBytes: size('--size', options.size),
    partitionSizeBytes: size('--partition', options.partition),
    seed,
    overwrite: options.overwrite ?? false,
    onProgress: ({ bytesDone, bytesTotal }) =>
      bar.update(bytesDone / bytesTotal, `${megabytes(bytesDone)} of ${megabytes(bytesTotal)}`),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  bar.done(
    `${manifest.partitions.length} partitions, ${manifest.samples.toLocaleString('en-US')} samples, ${megabytes(manifest.bytes)} in ${seconds.toFixed(1)} s`,
  );
  if (options.json)
    console.log(
      JSON.stringify({
        id: `${bucket}/${prefix}`,
        bucket,
        prefix,
        samples: manifest.samples,
        bytes: manifest.bytes,
        partitions: manifest.partitions.length,
      }),
    );
}

function size(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined)
    throw new UserError(`${option} must be a size above 0 such as 200MB or 64MiB, not "${text}"`);
  return bytes;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
