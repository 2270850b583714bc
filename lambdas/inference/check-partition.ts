import type { ModelCheck, ModelFinding } from '../../lib/domain/model-check.ts';
import type { ModelInput, ModelPackage } from '../../lib/domain/model-package.ts';
import type { PartitionRef } from '../../lib/domain/plan.ts';
import { absence, contents, idTensors, maybeTensor } from '../formats/named-tensor.ts';
import { openPartition } from '../formats/open-partition.ts';
import { formatShape, type Partition, type PartitionTensor } from '../formats/partition.ts';
import { openObject } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import { countSamples } from './batches.ts';
import { isIdentity } from './convert.ts';
import { fitInput } from './input-fit.ts';
import type { ModelScript } from './model-script.ts';
import { textTruth } from './predictions.ts';
import type { ModelGraph } from './session.ts';

export type Found = (about: string, message: string, severity?: ModelFinding['severity']) => void;
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A package as far as it could be loaded. */
interface Checked {
  manifest: ModelPackage;
  graph: ModelGraph | undefined;
  script: ModelScript | undefined;
}

/** What of the data does not fit: tensors that are missing, of another type or shape, ids and truths. */
export async function checkPartition(
  startDownload: StartDownload,
  partition: PartitionRef,
  checked: Checked,
  result: ModelCheck,
  found: Found,
): Promise<void> {
  const object = openObject(startDownload, partition);
  try {
    checkTensors(partition.key, checked, await openPartition(object), result, found);
  } catch (error) {
    found(partition.key, messageOf(error));
  } finally {
    await object.close();
  }
}

function checkTensors(file: string, checked: Checked, partition: Partition, result: ModelCheck, found: Found): void {
  const { manifest } = checked;
  // Columns that are put side by side become tensors of it.
  const has = contents(partition, inWords);
  const used: PartitionTensor[] = [];
  const take = (about: string, name: string, what: string, severity?: ModelFinding['severity'], find = oneTensor) => {
    try {
      const tensors = find(partition, name);
      if (tensors.length === 0) found(about, `${absence(partition, name)}${what}; the file has: ${has}`, severity);
      used.push(...tensors);
      return tensors[0];
    } catch (error) {
      // One that is not there may be done without; one that cannot be read fails the run.
      found(about, messageOf(error));
      return undefined;
    }
  };
  for (const input of manifest.inputs) {
    if (input.tensor === undefined) continue;
    const tensor = take(`input ${input.name}`, input.tensor, ` for model input ${input.name}`);
    if (tensor) checkInput(input, tensor, checked, result, found);
  }
  if (manifest.script !== undefined)
    for (const name of manifest.reads) take('reads', name, ', which "reads" of model.json names');
  const goesOn = 'predictions have no id then';
  if (manifest.id !== undefined) take('id', manifest.id, ` for the ids: ${goesOn}`, 'warning', idTensors);
  for (const { column, tensor: name } of manifest.truth) {
    const tensor = take(
      `truth of ${column}`,
      name,
      ` for the truth of ${column}: there are no metrics then`,
      'warning',
    );
    if (tensor?.dtype === 'text') found(`truth of ${column}`, textTruth(tensor));
  }
  try {
    if (used.length > 0) countSamples(file, used);
  } catch (error) {
    found(file, messageOf(error));
  }
}

const oneTensor = (partition: Partition, name: string) => [maybeTensor(partition, name) ?? []].flat();

function checkInput(
  input: ModelInput,
  tensor: PartitionTensor,
  { graph, script }: Checked,
  result: ModelCheck,
  found: Found,
): void {
  const wanted = graph?.inputs.get(input.name);
  if (!wanted) return;
  const fit = fitInput(input, tensor, wanted);
  const line = result.inputs.find(({ name }) => name === input.name);
  if (line) line.source = inWords(tensor);
  // Where a script may make the input, the run shows whether it does.
  if (Array.isArray(fit)) {
    if (!script?.preprocess) for (const problem of fit) found(`input ${input.name}`, problem);
  } else if (line) line.zeroCopy = !script && tensor.dtype === fit.dtype && !tensor.bigEndian && isIdentity(input, fit);
}

const inWords = ({ name, dtype, shape }: PartitionTensor) => `${name} ${dtype} ${formatShape(shape)}`;
