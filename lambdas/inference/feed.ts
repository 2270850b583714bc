import type { ModelInput } from '../../lib/domain/model-package.ts';
import { Failure } from '../failure.ts';
import { absence, contents, maybeTensor } from '../formats/named-tensor.ts';
import { itemBytes, type Partition, type PartitionTensor } from '../formats/partition.ts';
import { isIdentity, planConversion } from './convert.ts';
import { fitInput, type InputFit } from './input-fit.ts';
import type { ModelGraph } from './session.ts';
import { type TensorValue, toNumbers } from './tensor-data.ts';

/** How one model input is made from one tensor of the partition. */
export interface Feed {
  name: string;
  tensor: PartitionTensor;
  /** True where the file's bytes are handed to the model as they are. */
  zeroCopy: boolean;
  /**
   * Bytes of a batch as received → the model's input, in memory that `take` gives where it cannot stay where it is.
   * Big-endian bytes are turned round where they are.
   */
  make(bytes: Uint8Array, count: number, take: (bytes: number) => SharedArrayBuffer): TensorValue;
}

/** A model input and the tensor that feeds it. */
export interface FedInput {
  input: ModelInput;
  tensor: PartitionTensor;
}

/**
 * Joins the model's inputs with the partition's tensors, one tensor per input.
 * @throws ModelMismatch naming file, tensor and shape of all that do not fit.
 */
export function bindFeeds(key: string, inputs: FedInput[], session: ModelGraph): Feed[] {
  const feeds: Feed[] = [];
  const problems: string[] = [];
  for (const { input, tensor } of inputs) {
    const wanted = session.inputs.get(input.name);
    // What the graph does not have is said once, by graphProblems.
    if (!wanted) continue;
    const fit = fitInput(input, tensor, wanted);
    if (Array.isArray(fit)) problems.push(...fit);
    else feeds.push(makeFeed(input, tensor, fit));
  }
  if (problems.length > 0) throw new Failure('ModelMismatch', `${key}: ${problems.join('; ')}`);
  return feeds;
}

/**
 * The tensors of the partition that feed the inputs.
 * @throws ModelMismatch naming all that are not there.
 */
export function inputTensors(key: string, inputs: ModelInput[], partition: Partition): FedInput[] {
  const problems: string[] = [];
  const fed = inputs.flatMap((input) => {
    if (input.tensor === undefined) return [];
    const tensor = maybeTensor(partition, input.tensor);
    if (!tensor) problems.push(`${absence(partition, input.tensor)} for model input ${input.name}`);
    return tensor ? [{ input, tensor }] : [];
  });
  if (problems.length === 0) return fed;
  throw new Failure('ModelMismatch', `${key}: ${problems.join('; ')}; the file has: ${contents(partition)}`);
}

/**
 * Tensors that only the script reads.
 * @throws ModelMismatch naming all that are not there.
 */
export function scriptTensors(key: string, names: string[], partition: Partition): PartitionTensor[] {
  const found = names.map((name) => maybeTensor(partition, name));
  const absent = names.filter((_, i) => !found[i]);
  if (absent.length === 0) return found.flatMap((tensor) => tensor ?? []);
  const what = absent.map((name) => absence(partition, name)).join('; ');
  throw new Failure(
    'ModelMismatch',
    `${key}: ${what}, which "reads" of model.json names; the file has: ${contents(partition)}`,
  );
}

function makeFeed(input: ModelInput, tensor: PartitionTensor, fit: InputFit): Feed {
  const { dtype, sample } = fit;
  const isAsStored = tensor.dtype === dtype && isIdentity(input, fit);
  const conversion = isAsStored ? undefined : planConversion(input, fit);
  return {
    name: input.name,
    tensor,
    zeroCopy: isAsStored && !tensor.bigEndian,
    make(bytes, count, take) {
      const data = toNumbers(tensor, bytes);
      const shape = [count, ...sample];
      if (!conversion) return { type: dtype, data, shape };
      const length = count * conversion.elements;
      const target = conversion.newArray(take(length * itemBytes[dtype]), length);
      conversion.convert(data, target);
      return { type: dtype, data: target, shape };
    },
  };
}
