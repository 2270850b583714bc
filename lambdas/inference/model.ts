import path from 'node:path';
import { graphVersion } from '../../lib/domain/graph-version.ts';
import { graphFiles, type ModelPackage, packageFiles } from '../../lib/domain/model-package.ts';
import type { RunContext } from '../../lib/domain/plan.ts';
import { Failure, type FailureCode } from '../failure.ts';
import { parseManifest } from './manifest.ts';
import type { ModelFiles } from './model-files.ts';
import { loadScript, type ModelScript } from './model-script.ts';
import type { ModelThreads } from './model-threads.ts';
import { findPrepared } from './prepared-graph.ts';
import type { ModelSession } from './session.ts';

/** A model package on its way: the manifest comes first, so that data can be fetched while the graph is loaded. */
export interface OpeningModel {
  manifest: Promise<ModelPackage>;
  loaded: Promise<LoadedModel>;
}

export interface LoadedModel {
  session: ModelSession;
  script: ModelScript | undefined;
  /** Version of the graph: the ETag of its file, where it has one file. */
  etag: string;
  /** Whether it is the graph that was prepared for this environment. */
  isPrepared: boolean;
}

type PlannedModel = RunContext['model'];

interface CachedModel extends LoadedModel {
  folder: string;
  /** The script that the run names, which goes before the package's own. */
  runScript: string | undefined;
  manifest: ModelPackage;
  /** ETags of all files of the package that are used, by file name. */
  etags: Record<string, string>;
  /** Whether the run was planned with a prepared graph: where it cannot be used, it is not tried again. */
  wasPrepared: boolean;
}

/** Keeps one model per execution environment. */
export interface ModelCache {
  /** The model package in the versions that are planned, or the latest; loaded where the last call had another. */
  open(model: PlannedModel): OpeningModel;
}

export function openModelCache(files: ModelFiles, threads: ModelThreads): ModelCache {
  let cached: CachedModel | undefined;

  async function readManifest(model: PlannedModel) {
    const folder = `${model.bucket}/${model.prefix}`;
    if (cached?.folder === folder && (await isCurrent(files, model, cached))) return cached;
    cached = undefined;
    const used = openPackage(files, model);
    const bytes = await used.fetch('model.json');
    const described = parseManifest(`${model.prefix}/model.json`, Buffer.from(bytes).toString());
    return { folder, manifest: { ...described, script: model.script ?? described.script }, used };
  }

  async function load(model: PlannedModel, reading: ReturnType<typeof readManifest>): Promise<CachedModel> {
    const read = await reading;
    if ('session' in read) return read;
    const { folder, manifest, used } = read;
    const [opened, script] = await Promise.all([
      openGraph(model, manifest, used, threads),
      loadOwnScript(model.prefix, manifest, used.fetch),
    ]);
    const { etags } = used;
    const etag = graphVersion(graphFiles(manifest).map((file) => etags[file] ?? ''));
    const wasPrepared = used.prepared !== undefined;
    cached = { folder, runScript: model.script, manifest, etags, wasPrepared, ...opened, script, etag };
    return cached;
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

/** Bytes of a file of the package. */
type FetchFile = (file: string) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * The files of a package, each fetched once. Those that the plan names are all needed: they are asked for at once, not
 * only when model.json has named them. Of the graph it is what was prepared for this environment, if there is such.
 */
function openPackage(files: ModelFiles, model: PlannedModel) {
  const { bucket, prefix, etags: planned = {}, graph } = model;
  const etags: Record<string, string> = { ...planned };
  const fetching = new Map<string, ReturnType<FetchFile>>();
  const fetch: FetchFile = (file) => {
    const known = fetching.get(file);
    if (known) return known;
    const bytes = files.read(bucket, `${prefix}/${file}`, planned[file]).then((read) => {
      etags[file] = read.etag;
      return read.bytes;
    });
    // Told to whoever asks for the file.
    bytes.catch(() => {});
    fetching.set(file, bytes);
    return bytes;
  };
  const place = findPrepared(model);
  const prepared = place && { key: place.key, reading: files.read(bucket, place.key, place.etag) };
  prepared?.reading.catch(() => {});
  for (const file of Object.keys(planned)) if (!prepared || !graph?.files.includes(file)) fetch(file);
  return { fetch, etags, prepared };
}

/** The graph as it was prepared, else from its ONNX file. */
async function openGraph(
  { prefix }: PlannedModel,
  manifest: ModelPackage,
  { fetch, prepared }: ReturnType<typeof openPackage>,
  threads: ModelThreads,
) {
  if (prepared) {
    try {
      const { bytes } = await prepared.reading;
      const { session } = await threads.open({ prepared: bytes }, !manifest.samples_interact);
      return { session, isPrepared: true };
    } catch (error) {
      // What a failure of ours says of the remedy is about files that are needed.
      const reason = error instanceof Failure ? error.name : String(error);
      console.warn(`${prepared.key}: cannot be used, the ONNX file is loaded instead: ${reason}`);
    }
  }
  return { session: await loadGraph(prefix, manifest, fetch, threads), isPrepared: false };
}

/** @throws ModelInvalid in ONNX Runtime's words, OnnxRuntimeMissing where it is not the model that is at fault. */
export async function loadGraph(prefix: string, manifest: ModelPackage, fetch: FetchFile, threads: ModelThreads) {
  const [onnx, ...external] = await Promise.all([
    fetch(manifest.onnx),
    ...manifest.external_data.map(async (path) => ({ path, data: await fetch(path) })),
  ]);
  const invalid = (what: string, cause?: unknown) =>
    new Failure('ModelInvalid', `${prefix}/${manifest.onnx}: ${what}`, { cause });
  if (onnx.length === 0) throw invalid('it is empty; upload it again');
  // PyTorch leaves one beside a graph whose weights are small enough to be in it.
  const empty = external.find(({ data }) => data.length === 0);
  if (empty)
    throw invalid(
      `${empty.path} is empty; if the weights are in the graph, take it out of "external_data" of model.json`,
    );
  try {
    return (await threads.open({ onnx, external }, !manifest.samples_interact)).session;
  } catch (error) {
    if (error instanceof Error && error.name === ('OnnxRuntimeMissing' satisfies FailureCode)) throw error;
    throw invalid(loadProblem(error), error);
  }
}

/** The script of the package, if it has one. */
export async function loadOwnScript(prefix: string, { script }: ModelPackage, fetch: FetchFile) {
  return script === undefined ? undefined : loadScript(`${prefix}/${script}`, await fetch(script));
}

function loadProblem(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const absent = /External data path[^"]*"([^"]+)"/.exec(reason)?.[1];
  // It looks for it where the process runs. Of those that it was given it says the name as it stands in the graph.
  const file = absent ? path.relative('', absent) : /External file: (.+) not found from the table/.exec(reason)?.[1];
  const number = /Unsupported data type: (\d+)/.exec(reason)?.[1];
  const type = number && (unsupportedTypes[number] ?? `ONNX type ${number}`);
  if (type)
    return `an input or output is ${type}, which ONNX Runtime for Node cannot take; export the model with another type`;
  const operator = /Could not find an implementation for ([\w.]+)\(\d+\)/.exec(reason)?.[1];
  if (operator)
    return `ONNX Runtime has no code for operator ${operator} with values of the type that it gets here; export the model in float32`;
  if (!file) return `ONNX Runtime cannot load it: ${reason}`;
  if (file.includes('/'))
    return `its weights lie in ${file}, and a package has no folders; save the model again with them in a file beside it, which it names without a path`;
  return `its weights lie in ${file}: name it in "external_data" of model.json and put it into the folder, or export the model into one file`;
}

/** By their number in ONNX's TensorProto.DataType. */
const unsupportedTypes: Record<string, string> = { 14: 'complex64', 15: 'complex128', 16: 'bfloat16', 17: 'float8' };

async function isCurrent(files: ModelFiles, model: PlannedModel, cached: CachedModel): Promise<boolean> {
  const { bucket, prefix, etags } = model;
  if (model.script !== cached.runScript) return false;
  // All items of a run use the graph that it was planned with: one that was prepared may round otherwise.
  if ((findPrepared(model) !== undefined) !== cached.wasPrepared) return false;
  const used = ['model.json', ...packageFiles(cached.manifest)];
  if (etags) return used.every((file) => etags[file] === cached.etags[file]);
  const now = await Promise.all(used.map((file) => files.etag(bucket, `${prefix}/${file}`)));
  return used.every((file, i) => now[i] === cached.etags[file]);
}
