import * as z from 'zod';

/** `dataset.json` beside the partition files. */
export const datasetManifest = z.object({
  version: z.literal(1),
  name: z.string(),
  format: z.string(),
  samples: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  partition_size_bytes: z.number().int().positive(),
  partitions: z.array(
    z.object({
      file: z.string(),
      samples: z.number().int(),
      bytes: z.number().int(),
      /** Of the file as it was written, hexadecimal. */
      sha256: z.string().optional(),
    }),
  ),
  tensors: z.array(
    z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.number().int()).describe('of one sample') }),
  ),
  /** How it was made: command, seed, recipe. */
  made_by: z.record(z.string(), z.unknown()),
  created_at: z.string(),
});
export type DatasetManifest = z.infer<typeof datasetManifest>;

/** A dataset as the picker shows it. */
export interface Dataset {
  /** `<bucket>/<prefix>` */
  id: string;
  bucket: string;
  prefix: string;
  name: string;
  partitions: number;
  sizeBytes: number;
  /** Nominal size of one partition, bytes: from the manifest, else the largest file. */
  partitionSizeBytes: number;
  samples: number | null;
  /** From the manifest, else of the files, which may have several: `parquet, csv`. */
  format: string;
  createdAt: string | null;
  manifest: DatasetManifest | null;
}
