import type { ModelGraph, SessionInput } from './session.ts';

/** What is known of a graph whose inputs and outputs are all tensors, and take as many samples as there are. */
export const modelGraph = (inputs: Record<string, SessionInput>, outputs: string[] = []): ModelGraph => ({
  inputs: new Map(Object.entries(inputs)),
  outputs,
  fixedRows: [],
  exactRows: undefined,
  hasTables: false,
  noTensors: { inputs: [], outputs: [] },
});
