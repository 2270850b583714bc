import * as z from 'zod';

/** Something that the check of a model package found. An error would fail each run; a warning would not. */
export const modelFinding = z.object({
  severity: z.enum(['error', 'warning']),
  /** Field of model.json, input, output, column, script or file that it is about. */
  about: z.string(),
  message: z.string(),
});
export type ModelFinding = z.infer<typeof modelFinding>;

/** What running the package on one partition gave. */
export const modelTrial = z.object({
  /** Key or path of the partition. */
  file: z.string(),
  samples: z.number().int(),
  batches: z.number().int(),
  batchSize: z.number().int(),
  /** Over the time spent feeding and running the model. */
  samplesPerSecond: z.number(),
  /** From the request to the last prediction, with loading and reading, ms. */
  wallMs: z.number(),
  threads: z.number().int(),
  columns: z.array(z.string()),
  /** The first predictions, as text. */
  rows: z.array(z.array(z.string())),
});

/** What the checker says of a model package. Written by lambdas/inference/check.ts as one JSON line. */
export const modelCheck = z.object({
  /** Name in model.json; null where it cannot be read. */
  name: z.string().nullable(),
  findings: z.array(modelFinding),
  inputs: z.array(
    z.object({
      name: z.string(),
      /** In the ONNX graph; shapes have names where a dimension is free. */
      type: z.string(),
      shape: z.array(z.union([z.number(), z.string()])),
      /** The tensor that feeds it, such as `image float32 [128, 5, 32, 32]`; null where the script makes it or it is not there. */
      source: z.string().nullable(),
      /** Whether the model reads the data where it was received. */
      zeroCopy: z.boolean(),
    }),
  ),
  outputs: z.array(z.string()),
  /** Time to load the graph and the script, ms; null where they could not be. */
  loadMs: z.number().nullable(),
  /** Peak resident memory of the checker's process, MB (10^6 bytes). */
  peakRssMb: z.number(),
  /** Null where no partition was given or the package does not run. */
  trial: modelTrial.nullable(),
});
export type ModelCheck = z.infer<typeof modelCheck>;

/** What the checker is asked, as JSON. */
export const modelCheckRequest = z.object({
  model: z.union([z.object({ folder: z.string() }), z.object({ bucket: z.string(), prefix: z.string() })]),
  partition: z.union([z.object({ file: z.string() }), z.object({ bucket: z.string(), key: z.string() })]).nullable(),
  batchSize: z.number().int().positive(),
});
export type ModelCheckRequest = z.infer<typeof modelCheckRequest>;

export const DEFAULT_CHECK_BATCH = 64;

/** Whether a run with this package can succeed, as far as the check went. */
export const isUsable = ({ findings }: ModelCheck): boolean => findings.every(({ severity }) => severity !== 'error');
