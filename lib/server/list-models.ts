import { listPrefixes, maybeHeadObject, maybeReadText } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { graphVersion } from '../domain/graph-version.ts';
import { MODEL_MANIFEST, MODELS_PREFIX, splitId } from '../domain/keys.ts';
import { graphFiles, type Model, type ModelInput, type ModelPackage, packageFiles } from '../domain/model-package.ts';
import { listProblems, parseModelPackage } from '../domain/parse-model-package.ts';

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
  const { value: described, problems } = parseModelPackage(text);
  if (!described) {
    const problem = `model.json does not describe a model package. ${listProblems(problems)}`;
    return { ...named, ...nothingKnown, problem };
  }
  const files = packageFiles(described);
  const heads = await Promise.all(files.map((file) => maybeHeadObject(at.bucket, `${at.prefix}/${file}`)));
  const absent = files.filter((_, i) => !heads[i]);
  const [graph] = heads;
  return {
    ...named,
    ...inWords(described),
    sizeBytes: heads.reduce((sum, head) => sum + (head?.sizeBytes ?? 0), 0),
    etag:
      absent.length > 0
        ? ''
        : graphVersion(heads.slice(0, graphFiles(described).length).map((head) => head?.etag ?? '')),
    modifiedAt: graph?.modifiedAt ?? null,
    problem:
      absent.length > 0
        ? `model.json names ${absent.join(', ')}, which ${absent.length > 1 ? 'are' : 'is'} not there. Install the model again.`
        : null,
  };
}

const nothingKnown = {
  description: null,
  sizeBytes: 0,
  etag: '',
  modifiedAt: null,
  inputs: [],
  reads: [],
  outputs: [],
  idTensor: null,
  truth: [],
  script: null,
  measured: null,
};

function inWords(described: ModelPackage) {
  return {
    name: described.name,
    description: described.description ?? null,
    inputs: described.inputs.map((input) => ({ name: input.name, tensor: input.tensor ?? null, steps: steps(input) })),
    reads: described.script === undefined ? [] : described.reads,
    outputs: described.outputs.map(({ name, column, unit, reduce }) => ({
      name: name ?? null,
      column,
      unit: unit ?? null,
      reduce:
        [reduce]
          .flat()
          .filter((step) => step !== 'none')
          .join(', ') || null,
    })),
    idTensor: described.id ?? null,
    truth: described.truth.map(({ column, tensor }) => ({ column, tensor })),
    script: described.script ?? null,
    measured: described.measured ?? null,
  };
}

/** What is done to a tensor on its way into the model, in order. */
function steps({ crop, scale, offset, mean, std, layout, dtype }: ModelInput): string[] {
  const number = (value: number | number[]) => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
  return [
    ...(crop ? [`cropped to ${crop.join(' x ')}`] : []),
    ...(scale !== 1 ? [`x ${number(scale)}`] : []),
    ...(offset !== 0 ? [`+ ${number(offset)}`] : []),
    ...(mean !== undefined ? [`- mean ${number(mean)}`] : []),
    ...(std !== undefined ? [`/ std ${number(std)}`] : []),
    ...(layout?.to ? [`${layout.from} → ${layout.to}`] : []),
    ...(dtype ? [`as ${dtype}`] : []),
  ];
}
