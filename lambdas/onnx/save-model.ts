import { closeSync, openSync, writeFileSync } from 'node:fs';
import { type OnnxModel, writeModel } from './graph.ts';

/** Writes a model to a file, piece by piece: there is no second copy of its weights. */
export function saveModel(model: OnnxModel, path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of writeModel(model)) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}
