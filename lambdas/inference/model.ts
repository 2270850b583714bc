import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ModelPackage } from '../../lib/domain/model-package.ts';
import type { RunContext } from '../../lib/domain/plan.ts';
import { Failure } from '../failure.ts';
import { httpStatus, isAbsent, toFailure } from '../s3.ts';
import { parseManifest } from './manifest.ts';
import type { ModelSession, SessionThread } from './session.ts';

/** A model package on its way: the manifest comes first, so that data can be fetched while the graph is loaded. */
export interface OpeningModel {
  manifest: Promise<ModelPackage>;
  loaded: Promise<LoadedModel>;
}

export interface LoadedModel {
  session: ModelSession;
  /** ETag of the ONNX file. */
  etag: string;
}

type PlannedModel = RunContext['model'];

interface CachedModel extends LoadedModel {
  folder: string;
  manifest: ModelPackage;
  manifestEtag: string;
}

/** Keeps one model per execution environment. */
export interface ModelCache {
  /** The model package in the versions that are planned, or the latest; loaded where the last call had another. */
  open(model: PlannedModel): OpeningModel;
}

export function openModelCache(s3: S3Client, thread: SessionThread): ModelCache {
  let cached: CachedModel | undefined;

  async function readManifest(model: PlannedModel) {
    const folder = `${model.bucket}/${model.prefix}`;
    if (cached?.folder === folder && (await isCurrent(s3, model, cached))) return cached;
    cached = undefined;
    const key = `${model.prefix}/model.json`;
    const { bytes, etag } = await fetchObject(s3, model.bucket, key, model.etags?.['model.json']);
    return { folder, manifest: parseManifest(key, Buffer.from(bytes).toString()), manifestEtag: etag };
  }

  async function load(model: PlannedModel, reading: ReturnType<typeof readManifest>): Promise<CachedModel> {
    const read = await reading;
    if ('session' in read) return read;
    const key = `${model.prefix}/${read.manifest.onnx}`;
    const { bytes, etag } = await fetchObject(s3, model.bucket, key, model.etags?.[read.manifest.onnx]);
    try {
      cached = { ...read, etag, session: await thread.open(bytes, !read.manifest.samples_interact) };
      return cached;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure('ModelInvalid', `${key}: ONNX Runtime cannot load it: ${reason}`, { cause: error });
    }
  }

  return {
    open(model) {
      const reading = readManifest(model);
      const manifest = reading.then((read) => read.manifest);
      const loaded = load(model, reading);
      // Both are awaited later; a failure before that must not count as unhandled.
      manifest.catch(() => {});
      loaded.catch(() => {});
      return { manifest, loaded };
    },
  };
}

async function isCurrent(s3: S3Client, { bucket, prefix, etags }: PlannedModel, cached: CachedModel): Promise<boolean> {
  if (etags) return etags['model.json'] === cached.manifestEtag && etags[cached.manifest.onnx] === cached.etag;
  const keys = [`${prefix}/model.json`, `${prefix}/${cached.manifest.onnx}`];
  const heads = await Promise.all(
    keys.map((Key) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key })).catch(missing(bucket, Key))),
  );
  return heads[0]?.ETag === cached.manifestEtag && heads[1]?.ETag === cached.etag;
}

/** Receives an object into memory of its own, which can be handed to the thread of the model as it is. */
async function fetchObject(s3: S3Client, Bucket: string, Key: string, IfMatch?: string) {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket, Key, IfMatch }));
    const bytes = new Uint8Array(response.ContentLength ?? 0);
    let filled = 0;
    for await (const chunk of response.Body as Readable) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return { bytes, etag: response.ETag ?? '' };
  } catch (error) {
    return missing(Bucket, Key)(error);
  }
}

const missing =
  (bucket: string, key: string) =>
  (error: unknown): never => {
    if (isAbsent(error)) {
      throw new Failure('ModelMissing', `${key}: not in bucket ${bucket}; upload the model package`, { cause: error });
    }
    if (httpStatus(error) === 412) {
      const why = 'it was replaced while the run was going on; start the run again';
      throw new Failure('ModelChanged', `${key}: ${why}`, { cause: error });
    }
    throw toFailure(error, `${key}: reading the model`);
  };
