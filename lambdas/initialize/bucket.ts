import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { type DatasetManifest, datasetManifest } from '../../lib/domain/dataset.ts';
import { PREPARED_GRAPH_BYTES } from '../../lib/domain/graph-size.ts';
import { MODELS_PREFIX, PREPARED_FOLDER } from '../../lib/domain/keys.ts';
import { graphFiles, packageFiles } from '../../lib/domain/model-package.ts';
import type { RunContext } from '../../lib/domain/plan.ts';
import { Failure } from '../failure.ts';
import { parseManifest } from '../inference/manifest.ts';
import { isAbsent, toFailure } from '../s3/errors.ts';
import type { ListedObject } from './partitions.ts';

/** Metadata of items.json that tells whose it is. */
export const EXECUTION_METADATA = 'execution-arn';

/** All objects directly in a folder (every page), and the folders in it. */
export async function listFolder(s3: S3Client, bucket: string, folder: string) {
  const objects: ListedObject[] = [];
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3
      .send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: `${folder}/`, Delimiter: '/', ContinuationToken: token }),
      )
      .catch((error: unknown) => {
        throw toFailure(error, `Listing s3://${bucket}/${folder}/`);
      });
    for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? []) {
      objects.push({ key: Key, sizeBytes: Size, etag: ETag });
    }
    folders.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
    token = page.NextContinuationToken;
  } while (token);
  return { objects, folders };
}

/** `dataset.json` of the folder, where there is a valid one. */
export async function readDatasetManifest(s3: S3Client, bucket: string, folder: string) {
  const read = await readText(s3, bucket, `${folder}/dataset.json`);
  if (read === undefined) return { manifest: undefined, warnings: [] };
  const parsed = datasetManifest.safeParse(maybeJson(read.text));
  const manifest: DatasetManifest | undefined = parsed.data;
  const warnings = manifest ? [] : [`${folder}/dataset.json is not a valid manifest and was ignored.`];
  return { manifest, warnings };
}

/**
 * The model package as it is now: the run uses these versions of its files to the end.
 * @throws ModelMissing or ModelInvalid where the package is not complete.
 */
export async function requireModel(
  s3: S3Client,
  bucket: string,
  prefix: string,
  script: string | undefined,
): Promise<RunContext['model']> {
  const key = `${prefix}/model.json`;
  const manifest = await readText(s3, bucket, key);
  if (manifest === undefined) {
    const remedy = 'upload model.json and its ONNX file there, or give another S3_object_name';
    throw new Failure(
      'ModelMissing',
      `No model package in s3://${bucket}/${prefix}/ (model.json is not there); ${remedy}.`,
    );
  }
  const described = parseManifest(key, manifest.text);
  const files = packageFiles({ ...described, script: script ?? described.script });
  const heads = await Promise.all(files.map((file) => maybeHead(s3, bucket, `${prefix}/${file}`)));
  const absent = files.filter((_, i) => !heads[i]);
  const etags = {
    'model.json': manifest.etag,
    ...Object.fromEntries(files.map((file, i) => [file, heads[i]?.ETag ?? ''])),
  };
  const ofGraph = graphFiles(described);
  const sizeBytes = ofGraph.reduce((sum, _, i) => sum + (heads[i]?.ContentLength ?? 0), 0);
  if (absent.length === 0) {
    const graph = await planGraph(s3, bucket, prefix, ofGraph, etags, sizeBytes);
    return { bucket, prefix, script, etags, ...(graph && { graph }) };
  }
  throw new Failure(
    'ModelMissing',
    `s3://${bucket}/${prefix}/ has a model.json, but not ${absent.join(', ')}, which the run needs; upload it.`,
  );
}

/**
 * The graph, with what has been prepared of it, where that is worth it: for packages under `models/`,
 * where the inference function may write.
 */
async function planGraph(
  s3: S3Client,
  bucket: string,
  prefix: string,
  files: string[],
  etags: Record<string, string>,
  sizeBytes: number,
): Promise<RunContext['model']['graph']> {
  if (sizeBytes < PREPARED_GRAPH_BYTES || !prefix.startsWith(MODELS_PREFIX)) return undefined;
  const version = createHash('sha256')
    .update(files.map((file) => etags[file]).join())
    .digest('hex')
    .slice(0, 16);
  const folder = `${prefix}/${PREPARED_FOLDER}/${version}`;
  const { objects } = await listFolder(s3, bucket, folder);
  const prepared = Object.fromEntries(objects.map(({ key, etag }) => [key.slice(folder.length + 1), etag]));
  return { files, size_bytes: sizeBytes, prepared_prefix: folder, prepared };
}

/**
 * @throws ResultPathInUse where the folder holds anything that this execution has not put there.
 */
export async function requireFreeResultPath(s3: S3Client, bucket: string, resultPath: string, executionArn: string) {
  const page = await s3
    .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${resultPath}/`, MaxKeys: 2 }))
    .catch((error: unknown) => {
      throw toFailure(error, `Listing s3://${bucket}/${resultPath}/`);
    });
  // A folder made in the S3 console is an empty object with the folder's name.
  const found = page.Contents?.find(({ Key }) => Key !== `${resultPath}/`)?.Key;
  if (found === undefined) return;
  const items = await maybeHead(s3, bucket, `${resultPath}/items.json`);
  if (items?.Metadata?.[EXECUTION_METADATA] === executionArn) return;
  const message = `result_path s3://${bucket}/${resultPath}/ is in use (it holds ${found}); choose another, so that results of two runs do not mix.`;
  throw new Failure('ResultPathInUse', message);
}

async function readText(s3: S3Client, Bucket: string, Key: string) {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return { text: (await response.Body?.transformToString()) ?? '', etag: response.ETag ?? '' };
  } catch (error) {
    if (isAbsent(error) && (error as Error).name !== 'NoSuchBucket') return undefined;
    throw toFailure(error, `Reading s3://${Bucket}/${Key}`);
  }
}

async function maybeHead(s3: S3Client, Bucket: string, Key: string) {
  try {
    return await s3.send(new HeadObjectCommand({ Bucket, Key }));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw toFailure(error, `Looking at s3://${Bucket}/${Key}`);
  }
}

function maybeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
