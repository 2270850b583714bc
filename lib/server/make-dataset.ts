import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { deleteObjects, listObjects, putObject, uploadObject } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import type { DatasetManifest } from '../domain/dataset.ts';
import { DATASET_MANIFEST } from '../domain/keys.ts';
import { PARTITION_STATE } from '../domain/partition-job.ts';
import { type DatasetRequest, type DatasetRequestInput, datasetRequest } from '../domain/sky/dataset-request.ts';
import { partitionBytes, partitionChunks, planPartitions, sampleTensors } from '../domain/sky/partition.ts';
import { openSky, recipeVersion, type Sky } from '../domain/sky/sample.ts';
import { datasetInUse } from './in-use.ts';

export interface DatasetProgress {
  partitions: number;
  partitionsDone: number;
  /** Bytes handed to S3 so far, of all partitions. */
  bytesDone: number;
  bytes: number;
}

interface Watching {
  onProgress?: (progress: DatasetProgress) => void;
  signal?: AbortSignal;
}

const realEffects = { datasetInUse, deleteObjects, listObjects, putObject, uploadObject, now: () => new Date() };
export type MakeDatasetEffects = typeof realEffects;

/**
 * Simulates a dataset and writes it to S3: `<prefix>/1.safetensors … n.safetensors`, each as large as the partition size
 * allows and the last one smaller, then `<prefix>/dataset.json`; a state file says until then that it is unfinished. The
 * samples depend on the seed only, not on the partition size. Holds about 50 MB in memory whatever the sizes.
 *
 * @param request sizes in bytes (MB = 1,000,000); `onProgress` is called after every megabyte or so; once `signal` aborts,
 * what was written is deleted, and its reason is thrown
 * @returns the manifest, or what is wrong with which field; a prefix with objects in it is refused unless `overwrite`, and
 * even then when it holds anything that is not a dataset's file, or a run needs it
 */
export async function makeDataset(
  { onProgress = () => {}, signal, ...input }: DatasetRequestInput & Watching,
  effects: MakeDatasetEffects = realEffects,
): Promise<ActionResult<DatasetManifest>> {
  const parsed = datasetRequest.safeParse(input);
  if (!parsed.success) return refuse(parsed.error.issues.map(({ path, message }) => [path.join('.'), message]));
  const request = parsed.data;
  const found: string[] = [];
  const folder = `${request.prefix}/`;
  // A folder made in the S3 console is an empty object with the folder's name.
  for await (const { key } of effects.listObjects(request.bucket, folder)) if (key !== folder) found.push(key);
  const problem =
    problemOf(request, found) ??
    (found.length > 0 ? await effects.datasetInUse(`${request.bucket}/${request.prefix}`) : null);
  if (problem) return refuse([['prefix', problem]]);
  // Until it is whole it is none that a run could read.
  const state = `${request.prefix}/${PARTITION_STATE}`;
  await effects.putObject(request.bucket, state, '{}\n', 'application/json');
  // The manifest goes first, so that a dataset cut short by a crash does not look whole.
  const old = found
    .filter((key) => key !== state)
    .sort((a, b) => Number(b.endsWith('.json')) - Number(a.endsWith('.json')));
  await effects.deleteObjects(request.bucket, old);

  const manifest = manifestOf(request, effects.now());
  const progress = { partitions: manifest.partitions.length, partitionsDone: 0, bytesDone: 0, bytes: manifest.bytes };
  const sky = openSky(request.seed);
  const keys = manifest.partitions.map(({ file }) => `${request.prefix}/${file}`);
  let first = 0;
  for (const [i, { samples }] of manifest.partitions.entries()) {
    const chunks = counted(sky, first, samples, (bytes) => {
      // Fails the upload, which leaves nothing of this partition.
      signal?.throwIfAborted();
      progress.bytesDone += bytes;
      onProgress({ ...progress });
    });
    try {
      await effects.uploadObject(request.bucket, keys[i] ?? '', Readable.from(chunks));
    } catch (error) {
      if (signal?.aborted) await effects.deleteObjects(request.bucket, [...keys.slice(0, i), state]);
      throw error;
    }
    first += samples;
    progress.partitionsDone++;
    onProgress({ ...progress });
  }
  // Last: a dataset with a manifest is whole.
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await effects.putObject(request.bucket, `${request.prefix}/${DATASET_MANIFEST}`, text, 'application/json');
  await effects.deleteObjects(request.bucket, [state]);
  return { ok: true, value: manifest };
}

/** Why what lies there may not be replaced; undefined where it may. */
function problemOf({ bucket, prefix, overwrite }: DatasetRequest, keys: string[]): string | undefined {
  const where = `s3://${bucket}/${prefix}/`;
  const ours = /^(\d+\.safetensors|dataset\.json|partition-state\.json)$/;
  const foreign = keys.find((key) => !ours.test(key.slice(prefix.length + 1)));
  if (foreign) return `${where} holds other things too, such as ${foreign}. Choose another name.`;
  if (keys.length === 0 || overwrite) return undefined;
  const unfinished = keys.includes(`${prefix}/${DATASET_MANIFEST}`) ? '' : ' of a dataset that was not finished';
  return `${where} already holds ${keys.length} files${unfinished}. Choose another name, or replace what is there.`;
}

function manifestOf(request: DatasetRequest, now: Date): DatasetManifest {
  const partitions = planPartitions(request.sizeBytes, request.partitionSizeBytes).map((samples, i) => ({
    file: `${i + 1}.safetensors`,
    samples,
    bytes: partitionBytes(samples),
  }));
  return {
    version: 1,
    name: basename(request.prefix),
    format: 'safetensors',
    samples: partitions.reduce((sum, { samples }) => sum + samples, 0),
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    partition_size_bytes: request.partitionSizeBytes,
    partitions,
    tensors: sampleTensors.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    made_by: {
      generator: 'starmap simulated SDSS galaxies',
      recipe_version: recipeVersion,
      seed: request.seed,
      size_bytes: request.sizeBytes,
    },
    created_at: now.toISOString(),
  };
}

async function* counted(sky: Sky, first: number, samples: number, count: (bytes: number) => void) {
  for (const chunk of partitionChunks(sky, first, samples)) {
    yield chunk;
    count(chunk.byteLength);
    // Lets requests of a server in this process through between two megabytes.
    await setImmediate();
  }
}

function refuse(problems: [field: string, message: string][]): ActionResult<never> {
  return {
    ok: false,
    message: problems.map(([, message]) => message).join(' '),
    fieldErrors: Object.fromEntries(problems),
  };
}
