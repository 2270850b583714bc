/// <reference lib="es2025.float16" />
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { waitForRows } from './arrival.ts';
import type { SessionInput, SessionReply, SessionRequest } from './session.ts';
import { runInSlices } from './slices.ts';
import type { Numbers, TensorValue } from './tensor-data.ts';

// The thread that ONNX Runtime runs in: its calls block the thread they are made from, and the other one has a download
// to receive. One request at a time, answered in order.

/** The smallest model there is: one Identity. Its first session takes what ONNX Runtime sets up once in a process. */
const IDENTITY = 'CAcSADo2ChAKAXgSAXkiCElkZW50aXR5EgBaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN';

let session: ort.InferenceSession | undefined;

// While the model is on its way. Should it fail, the model will fail too, and say why.
await ort.InferenceSession.create(Buffer.from(IDENTITY, 'base64'), { intraOpNumThreads: 1 })
  .then((first) => first.release())
  .catch(() => undefined);

parentPort?.on('message', async (request: SessionRequest) => {
  try {
    const reply: SessionReply = 'onnx' in request ? await open(request) : await run(request);
    parentPort?.postMessage(reply);
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies SessionReply);
  }
});

async function open({ onnx, threads, external }: Extract<SessionRequest, { onnx: Uint8Array }>): Promise<SessionReply> {
  await session?.release();
  session = undefined;
  session = await ort.InferenceSession.create(onnx, {
    ...(external.length > 0 ? { externalData: external } : {}),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // A plan of the activations for a batch size comes after its first run and beside the memory of that run: a quarter
    // more memory for no speed (photoz, batch 512: 350 against 274 MB, 107 ms both).
    enableMemPattern: false,
    // A thread that spins while it waits burns the CPU share that the download needs.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const inputs = new Map<string, SessionInput>();
  for (const meta of session.inputMetadata) {
    if (meta.isTensor) inputs.set(meta.name, { type: meta.type, shape: [...meta.shape] });
  }
  return { inputs, names: [...session.outputNames] };
}

async function run(request: Extract<SessionRequest, { wanted: string[] }>): Promise<SessionReply> {
  const { feeds, wanted, rows, arrival } = request;
  let waitedMs = 0;
  const untilThere = (count: number) => {
    waitedMs += waitForRows(arrival, count);
  };
  const done = await runInSlices(feeds, rows, untilThere, (slice) => compute(slice, wanted));
  return { ...done, waitedMs };
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
