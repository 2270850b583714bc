import * as z from 'zod';
import { DATASET_MANIFEST, dataFileExtension } from './keys.ts';
import { type PartitionMessage, partitionMessage } from './partition-message.ts';
import { comparePartitionKeys } from './partition-order.ts';

/** Formats that partitions are written in. */
export const PARTITION_FORMATS = ['safetensors', 'npy', 'npz', 'parquet', 'csv'] as const;
export type PartitionFormat = (typeof PARTITION_FORMATS)[number];

/** Beside the partitions while they are being written: what is being made and which of them are there. */
export const PARTITION_STATE = 'partition-state.json';

/** Where one partition ends and the next begins. `unit` says whether MB or MiB was meant. */
const cut = z.union([
  z.object({ sizeBytes: z.number().int().positive(), text: z.string() }),
  z.object({ samples: z.number().int().positive() }),
]);
export type PartitionCut = z.infer<typeof cut>;

/** What the partitioning tool is asked, as JSON. */
export const partitionRequest = z.object({
  /** A file or folder of this machine, or an object or folder in S3; null where a dataset is only verified. */
  source: z.union([z.object({ path: z.string() }), z.object({ bucket: z.string(), key: z.string() })]).nullable(),
  /** Where to. */
  bucket: z.string(),
  prefix: z.string(),
  cut: cut.nullable(),
  /** null: that of the source. */
  format: z.enum(PARTITION_FORMATS).nullable(),
  /** Only these tensors; null: all. */
  tensors: z.array(z.string()).nullable(),
  /** Replace a dataset that is there, also an unfinished one. */
  overwrite: z.boolean(),
  /** Read everything back and compare checksums. */
  verify: z.boolean(),
});
export type PartitionRequest = z.infer<typeof partitionRequest>;

export const partitionPhases = ['scan', 'write', 'verify'] as const;

const progress = z.object({
  event: z.literal('progress'),
  /** `scan`: the source is read once, because its rows have no fixed size; `verify`: the result is read back. */
  phase: z.enum(partitionPhases),
  bytesDone: z.number(),
  bytes: z.number(),
  partitionsDone: z.number(),
  partitions: z.number(),
});
export type PartitionProgress = Omit<z.infer<typeof progress>, 'event'>;

const report = z.object({
  event: z.literal('done'),
  partitions: z.number(),
  samples: z.number(),
  bytes: z.number(),
  format: z.string(),
  /** Partitions that this run wrote; the others were there already. */
  written: z.number(),
  bytesWritten: z.number(),
  /** Partitions that were read back and are right; null where that was not asked for. */
  verified: z.number().nullable(),
  /** What a reader should know, such as a format that was changed. */
  notes: z.array(z.string()),
  /** Peak resident memory of the process that did it, MB (10^6 bytes). */
  peakRssMb: z.number(),
});
export type PartitionReport = Omit<z.infer<typeof report>, 'event'>;

/** What the tool says while it works, each a line of JSON (lambdas/partition/main.ts). The last is one of the last three. */
export const partitionEvent = z.discriminatedUnion('event', [
  progress,
  report,
  z.object({ event: z.literal('stopped'), partitionsDone: z.number(), partitions: z.number() }),
  z.object({ event: z.literal('failed'), field: z.string(), message: partitionMessage }),
]);
export type PartitionEvent = z.infer<typeof partitionEvent>;

/** What a state file holds: enough to see whether a run continues the one before. */
export const partitionState = z.object({
  version: z.literal(1),
  /** The source as it was given: a path or an s3:// address. */
  asked: z.string(),
  source: z.array(z.object({ name: z.string(), bytes: z.number(), version: z.string() })),
  cut,
  tensors: z.array(z.string()).nullable(),
  /** The format that was asked for; null: that of the source. */
  wanted: z.string().nullable(),
  format: z.enum(PARTITION_FORMATS),
  partitions: z.number(),
  /** Why it failed; absent while it is written, and where its process was stopped or killed. */
  problem: partitionMessage.optional(),
  done: z.array(
    z.object({ file: z.string(), samples: z.number(), bytes: z.number(), sha256: z.string(), etag: z.string() }),
  ),
});
export type PartitionState = z.infer<typeof partitionState>;

/** What a person asks of the partitioning tool, as typed. Empty text: not given. */
export interface PartitionForm {
  /** A path of the machine Starmap runs on, or s3://bucket/key. */
  source: string;
  /** `s3://bucket/prefix`, or a name under datasets/ of the bucket in use. */
  out: string;
  size: string;
  samples: string;
  format: string;
  tensors: string;
  overwrite: boolean;
  verify: boolean;
}

/** A dataset whose splitting failed or was interrupted. */
export interface UnfinishedDataset {
  /** `<bucket>/<prefix>` */
  id: string;
  /** Partitions that are there. */
  done: number;
  partitions: number;
  /** Why it failed; null where it was interrupted, or another process still writes it. */
  problem: PartitionMessage | null;
  /** What continues it. */
  form: PartitionForm;
}

/** The same with what lies in its folder. */
export interface ListedUnfinished extends UnfinishedDataset {
  files: number;
  sizeBytes: number;
  /** When the last of its files was written, ISO time; null where the service does not say. */
  writtenAt: string | null;
}

/** Whether a folder holds a dataset that is still being written, or whose writing was interrupted. */
export function isUnfinished(keys: readonly string[]): boolean {
  const has = (file: string) => keys.some((key) => key.endsWith(`/${file}`));
  return has(PARTITION_STATE) && !has(DATASET_MANIFEST);
}

/** The first key, in the order of a run, that is no file of a dataset written by this tool; undefined where all are. */
export function foreignKey(prefix: string, keys: readonly string[]): string | undefined {
  const isOurs = (file: string) =>
    file === DATASET_MANIFEST || file === PARTITION_STATE || (/^\d+\.\w+$/.test(file) && dataFileExtension(file));
  return [...keys].sort(comparePartitionKeys).find((key) => !isOurs(key.slice(prefix.length + 1)));
}
