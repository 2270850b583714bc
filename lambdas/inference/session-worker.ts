/// <reference lib="es2025.float16" />
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { LARGE_GRAPH_BYTES } from '../../lib/domain/large-graph.ts';
import { makeTemporaryFile } from '../temporary-file.ts';
import { waitForRows } from './arrival.ts';
import {
  type ComputeRequest,
  type Graph,
  graphBytes,
  type OnnxGraph,
  type SessionAnswers,
  type SessionInput,
  type SessionRequest,
} from './session-thread.ts';
import { computeSlices } from './slices.ts';
import type { Numbers, TensorValue } from './tensor-data.ts';

// The thread that ONNX Runtime runs in: its calls block the thread they are made from, and the other one has a download
// to receive. One request at a time, answered in order.

/** The smallest model there is: one Identity. Its first session takes what ONNX Runtime sets up once in a process. */
const IDENTITY = 'CAcSADo2ChAKAXgSAXkiCElkZW50aXR5EgBaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN';

type Options = ort.InferenceSession.SessionOptions;

let session: ort.InferenceSession | undefined;

// While the model is on its way. Should it fail, the model will fail too, and say why.
await ort.InferenceSession.create(Buffer.from(IDENTITY, 'base64'), { intraOpNumThreads: 1 })
  .then((first) => first.release())
  .catch(() => undefined);

parentPort?.on('message', async (request: SessionRequest) => {
  try {
    parentPort?.postMessage(await answer(request));
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});

async function answer(request: SessionRequest): Promise<SessionAnswers[keyof SessionAnswers]> {
  if (request.kind === 'load') return { loaded: true };
  if (request.kind === 'open') return open(request.graph, request.threads);
  if (request.kind === 'close') return close();
  if (request.kind === 'prepare') return prepare(request.graph);
  return computeBatch(request);
}

async function open(graph: Graph, threads: number): Promise<SessionAnswers['open']> {
  await close();
  session = await create(graph, threads);
  const inputs = new Map<string, SessionInput>();
  for (const meta of session.inputMetadata) {
    if (meta.isTensor) inputs.set(meta.name, { type: meta.type, shape: [...meta.shape] });
  }
  return { inputs, outputs: [...session.outputNames] };
}

async function close(): Promise<SessionAnswers['close']> {
  const open = session;
  session = undefined;
  await open?.release();
  return { closed: true };
}

function create(graph: Graph, threads: number, more: { options?: Options; session?: Record<string, string> } = {}) {
  const options: Options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    // A plan of the activations for a batch size comes after its first run and beside the memory of that run: a quarter
    // more memory for no speed (photoz, batch 512: 350 against 274 MB, 107 ms both).
    enableMemPattern: false,
    ...more.options,
  };
  // A thread that spins while it waits burns the CPU share that the download needs.
  const settings = { intra_op: { allow_spinning: '0' }, ...packing(graph, threads), ...more.session };
  if ('file' in graph) {
    // Told by its name that it is no ONNX file. The weights stay in the file, which is mapped into memory: sessions share them, and nothing is copied.
    const inPlace = { use_memory_mapped_ort_model: '1', use_ort_model_bytes_for_initializers: '1' };
    return ort.InferenceSession.create(graph.file, {
      ...options,
      graphOptimizationLevel: 'disabled',
      extra: { session: { ...settings, ...inPlace } },
    });
  }
  return ort.InferenceSession.create(graph.onnx, {
    ...options,
    ...(graph.external.length > 0 ? { externalData: graph.external } : {}),
    graphOptimizationLevel: 'all',
    extra: { session: settings },
  });
}

/**
 * By default a session packs the weights for the processor, into memory of its own. One of a large graph does without: a
 * quarter less memory, and it is opened in a fifth of the time, for 5 % of the samples/s (published size, two sessions:
 * 459 → 347 MB, 63 → 12 ms each, 266 → 252 samples/s). Several threads in one session would each pack them for every
 * call: a quarter of the samples/s.
 */
function packing(graph: Graph, threads: number): Record<string, string> {
  const isLarge = 'file' in graph || graphBytes(graph) >= LARGE_GRAPH_BYTES;
  return isLarge && threads === 1 ? { disable_prepacking: '1' } : {};
}

/** @returns the graph as ONNX Runtime has optimized it for this processor, in its own format. */
async function prepare(graph: OnnxGraph): Promise<SessionAnswers['prepare']> {
  const { path: file, remove } = makeTemporaryFile('graph.ort');
  try {
    const saving = {
      options: { optimizedModelFilePath: file },
      session: { save_model_format: 'ORT', disable_prepacking: '1' },
    };
    await (await create(graph, 1, saving)).release();
    const prepared = new Uint8Array(readFileSync(file));
    // What cannot be loaded is not worth keeping.
    await (await create({ file, sizeBytes: prepared.length }, 1)).release();
    return { prepared };
  } finally {
    remove();
  }
}

async function computeBatch({
  feeds,
  wanted,
  rows,
  arrival,
  turn,
}: ComputeRequest): Promise<SessionAnswers['compute']> {
  let waitedMs = 0;
  const untilThere = (count: number) => {
    waitedMs += waitForRows(arrival, count);
  };
  const parts = await computeSlices(feeds, rows, turn, untilThere, (slice) => compute(slice, wanted));
  return { parts, waitedMs };
}

async function compute(feeds: Record<string, TensorValue>, wanted: string[]): Promise<Record<string, TensorValue>> {
  if (!session) throw new Error('no model is loaded');
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
  const outputs: Record<string, TensorValue> = {};
  for (const [name, tensor] of Object.entries(results)) {
    outputs[name] = { type: tensor.type, data: tensor.data as Numbers, shape: tensor.dims };
  }
  return outputs;
}
