import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Numbers } from './tensor-data.ts';

/** A tensor going into or coming out of the model. `type` is ONNX Runtime's name of the element type. */
export interface TensorValue {
  type: string;
  data: Numbers;
  shape: readonly number[];
}

/** An input of the graph. Dimensions that are free have a name, or an empty string. */
export interface SessionInput {
  type: string;
  shape: (number | string)[];
}

/** A model that is loaded and can be run. */
export interface ModelSession {
  inputs: Map<string, SessionInput>;
  outputs: string[];
  run(feeds: Record<string, TensorValue>): Promise<Record<string, TensorValue>>;
  close(): Promise<void>;
}

/** Lambda gives one vCPU per this much configured memory. */
const MB_PER_VCPU = 1769;

/** Threads for one environment: as told, else its share of vCPUs by its memory. */
export function threadCount(env: Record<string, string | undefined> = process.env): number {
  const told = Number(env.STARMAP_THREADS);
  if (Number.isInteger(told) && told > 0) return told;
  const share = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) / MB_PER_VCPU;
  return Math.min(Number.isFinite(share) && share > 1 ? Math.ceil(share) : 1, availableParallelism());
}

/** Loads an ONNX graph. */
export async function openSession(onnx: Uint8Array, threads: number): Promise<ModelSession> {
  const ort = await import('onnxruntime-node');
  const session: InferenceSession = await ort.InferenceSession.create(onnx, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // A thread that spins while it waits burns the CPU share that the download needs.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const inputs = new Map<string, SessionInput>();
  for (const meta of session.inputMetadata) {
    if (meta.isTensor) inputs.set(meta.name, { type: meta.type, shape: [...meta.shape] });
  }
  return {
    inputs,
    outputs: [...session.outputNames],
    async run(feeds) {
      const tensors: Record<string, Tensor> = {};
      for (const [name, { type, data, shape }] of Object.entries(feeds)) {
        tensors[name] = new ort.Tensor(type as 'float32', data as Float32Array, shape);
      }
      const results = await session.run(tensors);
      const values: Record<string, TensorValue> = {};
      for (const [name, tensor] of Object.entries(results)) {
        values[name] = { type: tensor.type, data: tensor.data as Numbers, shape: tensor.dims };
      }
      return values;
    },
    close: () => session.release(),
  };
}
