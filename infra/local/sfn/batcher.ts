import type { MapCall } from '../asl/effects.ts';
import type { IntrinsicEffects } from '../asl/intrinsics.ts';
import { resolve, type Scope } from '../asl/path.ts';
import { fill } from '../asl/template.ts';
import type { ItemBatcher, Json } from '../asl/types.ts';

/** One child execution's input and how many items it stands for. */
export interface ChildInput {
  input: string;
  items: number;
}

/** Applies ItemSelector to each item and groups the results as ItemBatcher says; without one, a child per item. */
export async function* childInputs(
  { state, select }: MapCall,
  scope: Scope,
  effects: IntrinsicEffects,
  items: AsyncIterable<Json> | Iterable<Json>,
): AsyncGenerator<ChildInput> {
  const batch = state.ItemBatcher && limitsOf(state.ItemBatcher, scope);
  const batchInput =
    state.ItemBatcher?.BatchInput === undefined
      ? {}
      : { BatchInput: fill(state.ItemBatcher.BatchInput, scope, effects) };
  let index = 0;
  let held: string[] = [];
  const batched = (texts: string[]): ChildInput => ({
    input: `${JSON.stringify(batchInput).slice(0, -1)}${'BatchInput' in batchInput ? ',' : ''}"Items":[${texts.join(',')}]}`,
    items: texts.length,
  });
  // The limit is one of the child's whole input.
  const emptyBytes = Buffer.byteLength(batched([]).input) - 1;
  let heldBytes = emptyBytes;
  for await (const item of items) {
    const selected = await select(item, index);
    index += 1;
    const text = JSON.stringify(selected);
    if (!batch) {
      yield { input: text, items: 1 };
      continue;
    }
    const sizeBytes = Buffer.byteLength(text) + 1;
    if (held.length > 0 && (held.length >= batch.items || heldBytes + sizeBytes > batch.bytes)) {
      yield batched(held);
      held = [];
      heldBytes = emptyBytes;
    }
    held.push(text);
    heldBytes += sizeBytes;
  }
  if (batch && held.length > 0) yield batched(held);
}

function limitsOf(batcher: ItemBatcher, scope: Scope): { items: number; bytes: number } {
  const value = (literal: number | undefined, path: string | undefined) =>
    path === undefined ? literal : Number(resolve(path, scope));
  return {
    items: value(batcher.MaxItemsPerBatch, batcher.MaxItemsPerBatchPath) ?? Number.POSITIVE_INFINITY,
    bytes: value(batcher.MaxInputBytesPerBatch, batcher.MaxInputBytesPerBatchPath) ?? 262_144,
  };
}
