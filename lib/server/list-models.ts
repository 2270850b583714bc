import { listPrefixes, maybeHeadObject, maybeReadText } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { MODEL_MANIFEST, MODELS_PREFIX, splitId } from '../domain/keys.ts';
import { type Model, type ModelPackage, modelPackage } from '../domain/model-package.ts';

/** Every `models/<name>/` folder of the deployment's bucket that has a model.json, usable or not. */
export async function listModels(): Promise<Model[]> {
  const { bucket } = connection();
  const prefixes = await listPrefixes(bucket, MODELS_PREFIX);
  const models = await Promise.all(prefixes.map((prefix) => findModel(`${bucket}/${prefix.slice(0, -1)}`)));
  return models.filter((model) => model !== null);
}

/** A model package by its id (`<bucket>/<prefix>`); null where there is no model.json. */
export async function findModel(id: string): Promise<Model | null> {
  const at = splitId(id);
  const text = at && (await maybeReadText(at.bucket, `${at.prefix}/${MODEL_MANIFEST}`));
  if (!at || text === undefined) return null;
  const named = { id: `${at.bucket}/${at.prefix}`, ...at, name: at.prefix.slice(at.prefix.lastIndexOf('/') + 1) };
  const described = parsePackage(text);
  if (typeof described === 'string') return unusable(named, described);
  const graph = await maybeHeadObject(at.bucket, `${at.prefix}/${described.onnx}`);
  const model = toModel(named, described);
  if (!graph)
    return {
      ...model,
      problem: `model.json names the graph ${described.onnx}, which is not there. Install the model again.`,
    };
  return { ...model, sizeBytes: graph.sizeBytes, etag: graph.etag };
}

function parsePackage(text: string): ModelPackage | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return `model.json is not JSON: ${(error as Error).message}`;
  }
  const parsed = modelPackage.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  return `model.json does not describe a model package. ${issues.join('; ')}`;
}

type Named = Pick<Model, 'id' | 'bucket' | 'prefix' | 'name'>;

function toModel(named: Named, described: ModelPackage): Model {
  return {
    ...named,
    name: described.name,
    description: described.description ?? null,
    sizeBytes: 0,
    etag: '',
    inputs: described.inputs.map(({ name, tensor }) => ({ name, tensor })),
    outputs: described.outputs.map(({ name, column, unit }) => ({ name, column, unit: unit ?? null })),
    measured: described.measured ?? null,
    problem: null,
  };
}

function unusable(named: Named, problem: string): Model {
  return { ...named, description: null, sizeBytes: 0, etag: '', inputs: [], outputs: [], measured: null, problem };
}
