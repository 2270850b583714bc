import type { Arrival } from './arrival.ts';
import type { TensorValue } from './tensor-data.ts';

export interface BatchOutputs {
  outputs: Record<string, TensorValue>;
  /** Outputs that had not a row for each sample when fewer samples were computed: a row of them belongs to none. */
  rowless: string[];
  /** How many samples were computed at once. */
  rows: number;
  /** Time in which the model waited for rows, ms. */
  waitedMs: number;
}

/** An input of the graph. Dimensions that are free have a name, or an empty string. */
export interface SessionInput {
  type: string;
  shape: (number | string)[];
}

/** What the graph of a model says of itself. */
export interface ModelGraph {
  inputs: Map<string, SessionInput>;
  outputs: string[];
  /** How many rows outputs have according to the graph, where it gives a number: hardly one for each sample. */
  fixedRows: number[];
  /** How many samples it computes at once, where it was exported for exactly so many. */
  exactRows: number | undefined;
  /** Whether an input has a constant number of rows, or none, and others one for each sample: batches stay whole. */
  hasTables: boolean;
  /** Sequences, maps and what is optional can be neither fed nor read. */
  noTensors: { inputs: string[]; outputs: string[] };
}

/** A model that is loaded and can be run. */
export interface ModelSession extends ModelGraph {
  /**
   * Computes the named outputs. Feeds in shared memory are read where they are; they must not change until the outputs
   * are there.
   * A batch may still be on its way.
   * @param arrival how many rows of the feeds are there.
   * @param whole rejects when they cannot be had.
   */
  run(
    feeds: Record<string, TensorValue>,
    outputs: string[],
    arrival: Arrival,
    whole: Promise<void>,
  ): Promise<BatchOutputs>;
}
