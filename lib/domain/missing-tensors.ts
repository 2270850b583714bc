import type { Dataset } from './dataset.ts';
import type { Model } from './model-package.ts';

/** Tensors of a dataset that are named; more are counted. */
const NAMED = 12;

/**
 * What a model reads and a dataset does not have, in words, with what that means for a run and what to do; null where it
 * has all, and where it is not known what it has: without a dataset.json, and of npy files, which keep no name.
 */
export function missingTensors(model: Model, dataset: Dataset): string | null {
  const names = dataset.format === 'npy' ? [] : (dataset.manifest?.tensors ?? []).map(({ name }) => name);
  if (names.length === 0) return null;
  const has = new Set(names);
  // An exact name comes first, also one with a comma in it.
  const missingOf = (tensor: string) =>
    has.has(tensor) ? [] : tensor.split(',').flatMap((column) => (has.has(column.trim()) ? [] : column.trim()));
  const told = needs(model).flatMap(({ tensor, what, effect }) => {
    const missing = missingOf(tensor);
    if (missing.length === 0) return [];
    const tensors = `${missing.length === 1 ? 'tensor' : 'tensors'} ${missing.join(', ')}`;
    return `no ${tensors}, which ${model.name} reads ${what}: ${effect}.`;
  });
  if (told.length === 0) return null;
  return `${dataset.name} has ${told.join(' It has ')} What it has is ${listNames(names)}. Choose other data or another model, or name the right tensor in the model’s model.json.`;
}

interface Need {
  tensor: string;
  what: string;
  effect: string;
}

function needs({ inputs, reads, idTensor, truth }: Model): Need[] {
  const fails = 'every run on it will fail';
  return [
    ...inputs.flatMap(({ name, tensor }) =>
      tensor === null ? [] : { tensor, what: `for its input ${name}`, effect: fails },
    ),
    ...reads.map((tensor) => ({ tensor, what: 'in its script', effect: fails })),
    ...(idTensor === null ? [] : [{ tensor: idTensor, what: 'for the ids', effect: 'the predictions will have none' }]),
    ...truth.map(({ column, tensor }) => ({
      tensor,
      what: `as the truth of ${column}`,
      effect: 'there will be nothing to compare with',
    })),
  ];
}

function listNames(names: string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ');
}
