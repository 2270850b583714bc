/// <reference lib="es2025.float16" />
import * as ort from 'onnxruntime-node';
import { type Graph, isPacked, type OnnxGraph } from './session-thread.ts';
import type { Numbers, TensorValue } from './tensor-data.ts';

// Sessions of ONNX Runtime, in the thread that runs it.

export type Tensors = Record<string, TensorValue>;

/** A graph as ONNX, in a file. */
export interface OnnxFile {
  onnxFile: string;
  hasHalfPrecision: boolean;
}

interface More {
  options?: ort.InferenceSession.SessionOptions;
  session?: Record<string, string>;
}

/** What this file does. */
export interface OrtSessions {
  create: typeof createSession;
  run: typeof runSession;
}

/** Bytes that a session reads where they lie are not freed before it. */
const weights = new WeakMap<ort.InferenceSession, Uint8Array>();

/**
 * @param graph the bytes of one that is prepared are read where they lie as long as the session is open: who gives them
 * away has to see to it that they are kept.
 * @param more settings, which go before those that are set here.
 */
export async function createSession(
  graph: Graph | OnnxFile,
  threads: number,
  more: More = {},
): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // A plan of the activations for a batch size comes after its first run and beside the memory of that run: more memory
    // for no speed (published size, batch 512: 250 against 233 MB, 322 and 323 samples/s).
    enableMemPattern: false,
    graphOptimizationLevel: 'all',
    ...more.options,
  };
  // A thread that spins while it waits burns the CPU share that the download needs.
  const settings = { intra_op: { allow_spinning: '0' }, ...packing(graph, threads), ...more.session };
  if ('prepared' in graph) {
    // No copy of the weights, and no second one for another session of the same bytes.
    const inPlace = { use_ort_model_bytes_directly: '1', use_ort_model_bytes_for_initializers: '1' };
    const session = await ort.InferenceSession.create(graph.prepared, {
      ...options,
      graphOptimizationLevel: 'disabled',
      extra: { session: { ...settings, ...inPlace } },
    });
    weights.set(session, graph.prepared);
    return session;
  }
  const all = { ...options, extra: { session: settings, ...(await optimizers(graph)) } };
  if ('onnxFile' in graph) return ort.InferenceSession.create(graph.onnxFile, all);
  return ort.InferenceSession.create(graph.onnx, {
    ...all,
    ...(graph.external.length > 0 ? { externalData: graph.external } : {}),
  });
}

/**
 * ONNX Runtime computes weights of 16 bits with 32. Where it has exchanged them, to fuse a transposition with a product leaves
 * a graph that brings the process down (1.30, github.com/microsoft/onnxruntime/issues/26717 is of the same exchange).
 */
async function optimizers(graph: OnnxGraph | OnnxFile): Promise<Record<string, Record<string, string>>> {
  const hasHalves = 'onnxFile' in graph ? graph.hasHalfPrecision : await findHalves(graph.onnx);
  return hasHalves ? { optimization: { disable_specified_optimizers: 'MatmulTransposeFusion' } } : {};
}

/** A prepared graph does without the code that reads ONNX's format. */
async function findHalves(onnx: Uint8Array): Promise<boolean> {
  const { hasHalfPrecision } = await import('../onnx/half-precision.ts');
  return hasHalfPrecision(onnx);
}

/**
 * By default a session packs the weights for the processor, into memory of its own. One of a large graph does without: a
 * third less memory, and it is loaded in a quarter less time, for the same samples/s (published size, two sessions: 343 →
 * 231 MB, 184 → 139 ms, 311 → 313 samples/s). Several threads in one session would each pack them for every call: a
 * quarter of the samples/s.
 */
function packing(graph: Graph | OnnxFile, threads: number): Record<string, string> {
  return 'onnxFile' in graph || !isPacked(graph, threads) ? { disable_prepacking: '1' } : {};
}

/** @param wanted names of outputs. */
export async function runSession(
  session: ort.InferenceSession,
  feeds: Tensors,
  wanted: readonly string[],
): Promise<Tensors> {
  const tensors: Record<string, ort.Tensor> = {};
  for (const [name, { type, data, shape }] of Object.entries(feeds)) {
    tensors[name] = new ort.Tensor(type as 'float32', data as Float32Array, shape);
    // The native side takes the halves as 16 bits only.
    if (data instanceof Float16Array)
      Object.defineProperty(tensors[name], 'data', {
        value: new Uint16Array(data.buffer, data.byteOffset, data.length),
      });
  }
  const results = await session.run(tensors, wanted);
  const outputs: Tensors = {};
  for (const [name, tensor] of Object.entries(results)) {
    outputs[name] = { type: tensor.type, data: tensor.data as Numbers, shape: tensor.dims };
  }
  return outputs;
}
