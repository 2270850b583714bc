import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';
import { httpStatus, isAbsent, toFailure } from '../s3.ts';
import { parseManifest } from './manifest.ts';
import { type ModelSession, openSession } from './session.ts';

export interface LoadedModel {
  manifest: ModelPackage;
  session: ModelSession;
  /** ETag of the ONNX file. */
  etag: string;
}

interface CachedModel extends LoadedModel {
  folder: string;
  manifestEtag: string;
}

/** Keeps one model per execution environment. */
export interface ModelCache {
  /** The model package, loaded where it is new or was replaced in S3 since the last call. */
  get(model: { bucket: string; prefix: string }): Promise<LoadedModel>;
}

export function openModelCache(s3: S3Client, threads: number): ModelCache {
  let cached: CachedModel | undefined;
  return {
    async get(model) {
      const folder = `${model.bucket}/${model.prefix}`;
      if (cached && cached.folder === folder && (await isCurrent(s3, model, cached))) return cached;
      await cached?.session.close();
      cached = undefined;
      cached = { folder, ...(await load(s3, model, threads)) };
      return cached;
    },
  };
}

async function isCurrent(
  s3: S3Client,
  model: { bucket: string; prefix: string },
  cached: CachedModel,
): Promise<boolean> {
  const keys = [`${model.prefix}/model.json`, `${model.prefix}/${cached.manifest.onnx}`];
  const heads = await Promise.all(
    keys.map((Key) => s3.send(new HeadObjectCommand({ Bucket: model.bucket, Key })).catch(missing(model.bucket, Key))),
  );
  return heads[0]?.ETag === cached.manifestEtag && heads[1]?.ETag === cached.etag;
}

async function load(s3: S3Client, { bucket, prefix }: { bucket: string; prefix: string }, threads: number) {
  const json = await fetchObject(s3, bucket, `${prefix}/model.json`);
  const manifest = parseManifest(`${prefix}/model.json`, new TextDecoder().decode(json.bytes));
  const onnxKey = `${prefix}/${manifest.onnx}`;
  const onnx = await fetchObject(s3, bucket, onnxKey);
  try {
    const session = await openSession(onnx.bytes, threads);
    return { manifest, session, etag: onnx.etag, manifestEtag: json.etag };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('ModelInvalid', `${onnxKey}: ONNX Runtime cannot load it: ${reason}`, { cause: error });
  }
}

async function fetchObject(s3: S3Client, Bucket: string, Key: string) {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return { bytes: (await response.Body?.transformToByteArray()) ?? new Uint8Array(), etag: response.ETag ?? '' };
  } catch (error) {
    return missing(Bucket, Key)(error);
  }
}

const missing =
  (bucket: string, key: string) =>
  (error: unknown): never => {
    if (isAbsent(error) || httpStatus(error) === 404) {
      throw new Failure('ModelMissing', `${key}: not in bucket ${bucket}; upload the model package`, { cause: error });
    }
    throw toFailure(error, `${key}: reading the model`);
  };
