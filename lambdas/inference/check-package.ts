import type { ModelCheck, ModelFinding } from '../../lib/domain/model-check.ts';
import { type ModelPackage, packageFiles } from '../../lib/domain/model-package.ts';
import { parseModelPackage } from '../../lib/domain/parse-model-package.ts';
import type { InferenceEvent, PartitionRef } from '../../lib/domain/plan.ts';
import type { StartDownload } from '../s3/objects.ts';
import { openBatchMemory } from './batch-memory.ts';
import { checkPartition, type Found, messageOf } from './check-partition.ts';
import { graphProblems, wantedOutputs } from './graph-fit.ts';
import { inferItem } from './infer-item.ts';
import { interaction } from './interaction.ts';
import { loadGraph, loadOwnScript, type OpeningModel } from './model.ts';
import type { ModelFiles } from './model-files.ts';
import type { ModelScript } from './model-script.ts';
import type { ModelThreads } from './model-threads.ts';
import { startPhases } from './phases.ts';
import type { TensorValue } from './tensor-data.ts';
import { openTrialPredictions } from './trial-predictions.ts';

/** Where things come from, and what runs the model. */
interface Checker {
  files: ModelFiles;
  startDownload: StartDownload;
  threads: ModelThreads;
  threadsUsed: number;
}

type Folder = InferenceEvent['run']['model'];

/**
 * Checks a model package step by step, each as far as the ones before allow, and collects everything that does not fit;
 * then runs it over the partition.
 */
export async function checkPackage(
  checker: Checker,
  folder: Folder,
  partition: PartitionRef | null,
  batchSize: number,
): Promise<ModelCheck> {
  const startedMs = performance.now();
  const findings: ModelFinding[] = [];
  const found: Found = (about, message, severity = 'error') => {
    // It stands before the message where that is shown.
    const said = [about, `${folder.prefix}/${about}`].find((name) => message.startsWith(`${name}: `));
    findings.push({ severity, about, message: said ? message.slice(said.length + 2) : message });
  };
  const result: ModelCheck = { name: null, findings, inputs: [], outputs: [], loadMs: null, peakRssMb: 0, trial: null };
  const { name, manifest } = await readManifest(checker.files, folder, found);
  result.name = name;
  if (manifest) {
    const { graph, script } = await load(checker, folder, manifest, found);
    if (graph) {
      result.loadMs = performance.now() - startedMs;
      result.outputs = graph.outputs;
      result.inputs = [...graph.inputs].map(([name, input]) => ({ name, ...input, source: null, zeroCopy: false }));
      for (const problem of graphProblems(manifest, graph)) found(manifest.onnx, problem);
      const { exactRows } = graph;
      const isFed = manifest.inputs.some(({ tensor }) => tensor !== undefined);
      if (exactRows !== undefined && isFed && !manifest.samples_interact)
        found(manifest.onnx, exactly(exactRows), 'warning');
    }
    if (script) for (const problem of functionProblems(manifest, script)) found(script.file, problem);
    if (partition) await checkPartition(checker.startDownload, partition, { manifest, graph, script }, result, found);
    if (partition && graph && findings.every(({ severity }) => severity !== 'error')) {
      const model = {
        manifest: Promise.resolve(manifest),
        loaded: Promise.resolve({ session: graph, script, etag: '', isPrepared: false }),
      };
      result.trial = await tryOut(checker, model, itemOf(folder, partition, batchSize), found);
      if (result.trial) result.trial.wallMs = performance.now() - startedMs;
    }
  }
  result.peakRssMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
  return result;
}

/** Runs the item as the inference function would; the predictions are looked at and dropped. */
async function tryOut(checker: Checker, model: OpeningModel, item: InferenceEvent, found: Found) {
  const { startDownload, threadsUsed } = checker;
  const trial = openTrialPredictions();
  const clock = startPhases();
  const environment = {
    startDownload,
    models: { open: () => model },
    habit: { readsTail: true },
    memory: openBatchMemory(),
    openPredictions: () => trial.file,
  };
  const file = item.partitions[0]?.key ?? '';
  try {
    const { samples, batches, feeds } = await inferItem(environment, item, clock);
    const { loopMs } = clock.stop(0);
    await checkInteraction(model, feeds, found);
    for (const { column, message, all } of trial.notANumber()) found(column, message, all ? 'error' : 'warning');
    const samplesPerSecond = samples / (loopMs / 1000);
    const batchSize = item.run.batch_size;
    return { file, samples, batches, batchSize, samplesPerSecond, wallMs: 0, threads: threadsUsed, ...trial.preview() };
  } catch (error) {
    found(file, messageOf(error));
    return null;
  }
}

const exactly = (rows: number) =>
  `it takes ${rows === 1 ? 'one sample' : `exactly ${rows} samples`} at a time, whatever the batch size${rows === 1 ? '' : ': what is missing is filled up'}; exported with a dynamic first dimension it may be faster`;

/** Above what floats are rounded by, also those of 16 bits. */
const INTERACTION = 1e-3;

async function checkInteraction({ manifest, loaded }: OpeningModel, feeds: Record<string, TensorValue>, found: Found) {
  const [described, { session }] = await Promise.all([manifest, loaded]);
  if (described.samples_interact) return;
  const difference = await interaction(session, wantedOutputs(described, session), feeds);
  if (difference <= INTERACTION) return;
  const much = Number.isFinite(difference)
    ? `by ${Number((100 * difference).toPrecision(2))} % of the largest value`
    : 'wholly';
  const remedy =
    'set it to true for batch statistics or dynamic quantization; export with model.eval() where dropout was left on';
  found(
    'samples_interact',
    `computed beside other samples, the same ones get outputs that differ ${much}; ${remedy}`,
    'warning',
  );
}

async function readManifest(files: ModelFiles, { bucket, prefix }: Folder, found: Found) {
  try {
    const { bytes } = await files.read(bucket, `${prefix}/model.json`);
    const parsed = parseModelPackage(Buffer.from(bytes).toString());
    if (parsed.value) return { name: parsed.value.name, manifest: parsed.value };
    for (const { field, message } of parsed.problems) found(field ? `model.json, ${field}` : 'model.json', message);
    return { name: parsed.name, manifest: undefined };
  } catch (error) {
    found('model.json', messageOf(error));
    return { name: null, manifest: undefined };
  }
}

/** Graph and script, each if it can be loaded. */
async function load({ files, threads }: Checker, { bucket, prefix }: Folder, manifest: ModelPackage, found: Found) {
  const used = packageFiles(manifest);
  const isThere = (file: string) =>
    files.etag(bucket, `${prefix}/${file}`).then(
      () => true,
      () => false,
    );
  const there = await Promise.all(used.map(isThere));
  const absent = used.filter((_, i) => !there[i]);
  for (const file of absent) found(file, `model.json names ${file}, which is not in the folder`);
  const fetch = async (file: string) => (await files.read(bucket, `${prefix}/${file}`)).bytes;
  const { onnx, script } = manifest;
  const failed =
    (file: string) =>
    (error: unknown): undefined => {
      found(file, messageOf(error));
    };
  const graphIsWhole = ![onnx, ...manifest.external_data].some((file) => absent.includes(file));
  return {
    graph: graphIsWhole ? await loadGraph(prefix, manifest, fetch, threads).catch(failed(onnx)) : undefined,
    script:
      script && !absent.includes(script)
        ? await loadOwnScript(prefix, manifest, fetch).catch(failed(script))
        : undefined,
  };
}

/** Functions that model.json counts on and the script does not export. */
function* functionProblems(manifest: ModelPackage, script: ModelScript): Generator<string> {
  const inputs = manifest.inputs.filter(({ tensor }) => tensor === undefined).map(({ name }) => name);
  if (inputs.length > 0 && !script.preprocess)
    yield `input ${inputs.join(', ')} has no "tensor" in model.json, and the script exports no preprocess`;
  const columns = manifest.outputs.filter(({ name }) => name === undefined).map(({ column }) => column);
  if (columns.length > 0 && !script.postprocess)
    yield `column ${columns.join(', ')} has no "name" in model.json, and the script exports no postprocess`;
}

/** An item of one partition; its results go nowhere. */
function itemOf(model: Folder, partition: PartitionRef, batchSize: number): InferenceEvent {
  const none = { bucket: '', data_bucket: '', data_prefix: '', result_path: 'check', map_prefix: 'check/map' };
  const run = { ...none, id: 'check', execution_arn: 'check', model, batch_size: batchSize, world_size: 1 };
  return { rank: 0, partitions: [partition], run: { ...run, memory_mb: 1, warnings: [] } };
}
