import type { PartitionFormat } from '../../lib/domain/partition-job.ts';
import { type PartitionMessage, says } from '../../lib/domain/partition-message.ts';
import { Refusal } from './refusal.ts';
import type { Samples } from './samples.ts';

/** Takes the bytes of a file in order; they may be used again when it has resolved. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** How samples become a file of one format. */
export interface Output {
  extension: PartitionFormat;
  /**
   * Bytes of a file with so many samples, from the first one on; of the largest one, where all have so many, if that is
   * not told. Exactly; at most, where the format has pages or lengths of texts.
   */
  fileBytes(samples: number, first?: number): number;
  write(sink: Sink, first: number, count: number): Promise<void>;
}

export type OpenOutput = (samples: Samples) => Output | Promise<Output>;

/** Copies the rows of each tensor, one tensor after the other. */
export async function writeTensors(
  samples: Samples,
  tensors: Samples['tensors'],
  first: number,
  count: number,
  sink: Sink,
): Promise<void> {
  for (const tensor of tensors) for await (const piece of samples.rows(tensor, first, count)) await sink(piece);
}

/** For a tensor that a format cannot hold. */
export const unfit = (tensor: string, why: string, remedy: string | PartitionMessage) =>
  new Refusal('format', says`tensor ${tensor}: ${why}; ${remedy}`);
