import { z } from 'zod';

/** One model input: which tensor of the partition feeds it, and what is done to it on the way. */
export const modelInput = z.object({
  /** Input name in the ONNX graph. */
  name: z.string(),
  /** Tensor (or column) of the partition; several with commas between (`u, g, r`) stand side by side as [n, k]. */
  tensor: z.string(),
  dtype: z.enum(['float32', 'float64', 'int32', 'int64', 'uint8']).default('float32'),
  /** Centre crop of the last two dimensions, pixels. */
  crop: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
  /** x' = x * scale + offset */
  scale: z.number().default(1),
  offset: z.number().default(0),
});
/** One model output. A [n,1] output is one column named `name`; [n,k] gives `name_0 … name_k-1`. */
export const modelOutput = z.object({ name: z.string(), column: z.string(), unit: z.string().optional() });

/** `model.json` of a model package. */
export const modelPackage = z.object({
  version: z.literal(1),
  name: z.string(),
  description: z.string().optional(),
  /** File name of the ONNX graph, relative to model.json. */
  onnx: z.string(),
  inputs: z.array(modelInput).min(1),
  outputs: z.array(modelOutput).min(1),
  /** Tensor of the partition that identifies a sample. */
  id: z.string().optional(),
  /** Truth for an output column: which tensor holds it. */
  truth: z.array(z.object({ column: z.string(), tensor: z.string(), unit: z.string().optional() })).default([]),
  /**
   * Whether what the model says of a sample depends on the other samples of its batch. If not, which is usual, a large
   * batch is computed in slices that fit into the processor's caches; the outputs are the same.
   */
  samples_interact: z.boolean().default(false),
  /** Measured when it was trained; shown, never computed with. */
  measured: z.record(z.string(), z.unknown()).optional(),
});
export type ModelPackage = z.infer<typeof modelPackage>;

/** A model package as the picker shows it. */
export interface Model {
  /** `<bucket>/<prefix>` */
  id: string;
  bucket: string;
  prefix: string;
  name: string;
  description: string | null;
  sizeBytes: number;
  etag: string;
  inputs: { name: string; tensor: string }[];
  outputs: { name: string; column: string; unit: string | null }[];
  measured: Record<string, unknown> | null;
  /** Why it cannot be used, in words; null when it can. */
  problem: string | null;
}
