import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { waitForRows } from './arrival.ts';
import { createSession, runSession, type Tensors } from './ort-session.ts';
import type { ModelGraph, SessionInput } from './session.ts';
import type { ComputeRequest, Graph, SessionAnswers, SessionReply, SessionRequest } from './session-thread.ts';
import { computeSlices, filledUp } from './slices.ts';

// The thread that ONNX Runtime runs in: its calls block the thread they are made from, and the other one has a download
// to receive. One request at a time, answered in order.

/** The smallest model there is: one Identity. Its first session takes what ONNX Runtime sets up once in a process. */
const IDENTITY = 'CAcSADo2ChAKAXgSAXkiCElkZW50aXR5EgBaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN';

let session: ort.InferenceSession | undefined;

// While the model is on its way. Should it fail, the model will fail too, and say why.
await ort.InferenceSession.create(Buffer.from(IDENTITY, 'base64'), { intraOpNumThreads: 1 })
  .then((first) => first.release())
  .catch(() => undefined);

let last = Promise.resolve();
parentPort?.on('message', (request: SessionRequest) => {
  last = last.then(async () => {
    const reply = await answer(request).catch((error: unknown): SessionReply => ({ error: reason(error) }));
    const givenBack = 'graph' in reply && reply.graph ? [reply.graph.prepared.buffer] : [];
    parentPort?.postMessage(reply, givenBack);
  });
});

async function answer(request: SessionRequest): Promise<SessionAnswers[keyof SessionAnswers]> {
  if (request.kind === 'open') {
    const { graph, threads } = request;
    if (!('prepared' in graph)) return { model: await open(graph, threads) };
    // Other sessions may read it: whatever happens here, it must not be freed with this thread's memory.
    return open(graph, threads).then(
      (model) => ({ model, graph }),
      (error: unknown) => ({ problem: reason(error), graph }),
    );
  }
  if (request.kind === 'close') return close();
  if (request.kind === 'prepare') {
    const { tuneGraph } = await import('./tune-graph.ts');
    const sessions = { create: createSession, run: runSession };
    return { prepared: await tuneGraph(sessions, request.graph, request.sample) };
  }
  return computeBatch(request);
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function open(graph: Graph, threads: number): Promise<ModelGraph> {
  await close();
  session = await createSession(graph, threads);
  const { inputMetadata, outputMetadata } = session;
  const inputs = new Map<string, SessionInput>();
  for (const meta of inputMetadata) {
    if (meta.isTensor) inputs.set(meta.name, { type: meta.type, shape: [...meta.shape] });
  }
  const names = (metadata: typeof inputMetadata, isTensor: boolean) =>
    metadata.flatMap((meta) => (meta.isTensor === isTensor ? meta.name : []));
  const noTensors = { inputs: names(inputMetadata, false), outputs: names(outputMetadata, false) };
  const fixedRows = outputMetadata.flatMap((meta) => (meta.isTensor ? (meta.shape[0] ?? []) : []));
  const lengths = [...inputs.values()].map(({ shape }) => shape[0]);
  const [exactRows, ...otherRows] = new Set(lengths);
  const isExact = typeof exactRows === 'number' && otherRows.length === 0;
  return {
    inputs,
    outputs: names(outputMetadata, true),
    fixedRows: fixedRows.filter((length) => typeof length === 'number'),
    exactRows: isExact ? exactRows : undefined,
    hasTables: !isExact && lengths.some((length) => typeof length !== 'string'),
    noTensors,
  };
}

async function close(): Promise<SessionAnswers['close']> {
  const open = session;
  session = undefined;
  await open?.release();
  return { closed: true };
}

async function computeBatch({
  feeds,
  wanted,
  rows,
  isExact,
  arrival,
  turn,
}: ComputeRequest): Promise<SessionAnswers['compute']> {
  const startedMs = performance.now();
  let waitedMs = 0;
  const untilThere = (count: number) => {
    waitedMs += waitForRows(arrival, count);
  };
  const parts = await computeSlices(feeds, rows, turn, untilThere, (slice) =>
    isExact ? filledUp(slice, rows, (filled) => compute(filled, wanted)) : compute(slice, wanted),
  );
  return { parts, waitedMs, computedMs: performance.now() - startedMs - waitedMs };
}

async function compute(feeds: Tensors, wanted: string[]): Promise<Tensors> {
  if (!session) throw new Error('no model is loaded');
  return runSession(session, feeds, wanted);
}
