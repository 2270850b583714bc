import type { ModelPackage } from '../../lib/domain/model-package.ts';
import { formatShape, type PartitionTensor } from '../formats/partition.ts';
import { bindFeeds, type FedInput, type Feed } from './feed.ts';
import { type ModelScript, type ScriptContext, type ScriptTensors, scriptFailure } from './model-script.ts';
import type { ModelGraph, SessionInput } from './session.ts';
import { arrayTypes, isNumbers, type TensorValue } from './tensor-data.ts';

/** How the inputs of a batch are made where the package has a script. */
export interface ScriptedFeeds {
  /** What the functions of the script get. */
  tensors: PartitionTensor[];
  /** Inputs that the script has made of a batch, and how to make the others. */
  prepare(tensors: ScriptTensors, start: number, count: number): Promise<PreparedBatch>;
}

interface PreparedBatch {
  made: Record<string, TensorValue>;
  feeds: Feed[];
}

/**
 * What `preprocess` returns goes to the model as it is; inputs that it does not return are made of their tensor.
 * @param at rank and file of the partition.
 */
export function scriptFeeds(
  at: Pick<ScriptContext, 'rank' | 'file'>,
  manifest: ModelPackage,
  tensors: PartitionTensor[],
  fed: FedInput[],
  script: ModelScript,
  session: ModelGraph,
): ScriptedFeeds {
  const bound = new Map<string, Feed[]>();
  /** An input need not fit its tensor where the script makes it, so they are joined when that is known. */
  function others(made: Record<string, TensorValue>): Feed[] {
    const rest = fed.filter(({ input }) => !(input.name in made));
    const names = rest.map(({ input }) => input.name).join();
    const feeds = bound.get(names) ?? bindFeeds(at.file, rest, session);
    bound.set(names, feeds);
    return feeds;
  }
  return {
    tensors,
    async prepare(given, start, count) {
      const context = { ...at, firstRow: start, rows: count };
      const made: Record<string, TensorValue> = {};
      const fail = (what: string) => scriptFailure(script.file, 'preprocess', context, what);
      const returned = (await script.preprocess?.(given, context)) ?? {};
      for (const [name, value] of Object.entries(returned)) {
        const wanted = session.inputs.get(name);
        const has = [...session.inputs.keys()].join(', ');
        if (!wanted) throw fail(`it returned ${name}, which is no input of the ONNX graph; it has: ${has}`);
        const tensor = readInput(name, value, wanted, count, session.exactRows);
        if (typeof tensor === 'string') throw fail(tensor);
        made[name] = tensor;
      }
      const absent = manifest.inputs.filter(({ name, tensor }) => tensor === undefined && !(name in made));
      if (absent.length > 0) {
        const names = absent.map(({ name }) => name).join(', ');
        const got = Object.keys(made).join(', ') || 'none';
        const why = script.preprocess ? `it did not return input ${names}; it returned: ${got}` : undefined;
        throw fail(why ?? `input ${names} has no "tensor" in model.json, and the script exports no preprocess`);
      }
      return { made, feeds: others(made) };
    },
  };
}

/** A tensor that a script returned for an input, or why it is none. */
function readInput(
  name: string,
  value: unknown,
  wanted: SessionInput,
  count: number,
  exactRows: number | undefined,
): TensorValue | string {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('dims' in value))
    return `input ${name} must be {data, dims}`;
  const { data, dims } = value;
  if (!isNumbers(data)) return `data of input ${name} must be a typed array`;
  const types = arrayTypes(data);
  if (!types.includes(wanted.type))
    return `input ${name} is ${wanted.type}, its data is a ${data.constructor.name} (${types.join(' or ')})`;
  if (!Array.isArray(dims) || !dims.every((d) => Number.isInteger(d) && d >= 0))
    return `dims of input ${name} must be an array of whole numbers`;
  const shape = dims as number[];
  const elements = shape.reduce((n, d) => n * d, 1);
  if (elements !== data.length)
    return `input ${name}: dims ${formatShape(shape)} are ${elements} values, data has ${data.length}`;
  // A batch of any size is computed in slices of exactly so many.
  const taken = shape[0] === count && exactRows !== undefined ? [exactRows, ...shape.slice(1)] : shape;
  const fits =
    wanted.shape.length === taken.length && wanted.shape.every((d, i) => typeof d === 'string' || d === taken[i]);
  if (!fits) return `input ${name} is ${formatShape(wanted.shape)}, its dims are ${formatShape(shape)}`;
  if (typeof wanted.shape[0] === 'string' && shape[0] !== count)
    return `input ${name} must have ${count} rows like the batch, its dims are ${formatShape(shape)}`;
  return { type: wanted.type, data, shape };
}
