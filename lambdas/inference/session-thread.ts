import { Worker } from 'node:worker_threads';
import { LARGE_GRAPH_BYTES } from '../../lib/domain/graph-size.ts';
import type { FailureCode } from '../failure.ts';
import type { Arrival } from './arrival.ts';
import type { ModelGraph } from './session.ts';
import type { Part, Turn } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

/** A file that a graph has its weights in. */
export interface ExternalData {
  path: string;
  data: Uint8Array<ArrayBuffer>;
}

/** A graph as it was exported. */
export interface OnnxGraph {
  onnx: Uint8Array<ArrayBuffer>;
  external: ExternalData[];
}

/** What was prepared of a graph for this kind of processor (prepared-graph.ts). */
export interface PreparedGraph {
  prepared: Uint8Array<ArrayBuffer>;
}

export type Graph = OnnxGraph | PreparedGraph;

export const graphBytes = (graph: Graph): number =>
  'prepared' in graph
    ? graph.prepared.byteLength
    : graph.external.reduce((sum, { data }) => sum + data.byteLength, graph.onnx.byteLength);

/** Whether a session of so many threads packs the weights of a graph for the processor (ort-session.ts). */
export const isPacked = (graph: Graph, threads: number): boolean =>
  graphBytes(graph) < LARGE_GRAPH_BYTES || threads > 1;

export interface ComputeRequest {
  feeds: Record<string, TensorValue>;
  wanted: string[];
  /** Samples of a slice. */
  rows: number;
  /** Whether the graph takes exactly so many. */
  isExact: boolean;
  arrival: Arrival;
  turn: Turn;
}

/** What the thread is asked, by the kind of answer. */
export type SessionRequest =
  | { kind: 'open'; graph: Graph; threads: number }
  | { kind: 'close' }
  /** `sample`: inputs of some samples (tune-graph.ts). */
  | { kind: 'prepare'; graph: OnnxGraph; sample: Record<string, TensorValue> }
  | ({ kind: 'compute' } & ComputeRequest);

export interface SessionAnswers {
  /** A prepared graph is given back: its bytes must be kept while the session is open. */
  open: { model: ModelGraph; graph?: PreparedGraph } | { problem: string; graph: PreparedGraph };
  close: { closed: true };
  prepare: { prepared: Uint8Array<ArrayBuffer> };
  /** `waitedMs`: time in which rows were waited for; `computedMs`: without it. */
  compute: { parts: Part[]; waitedMs: number; computedMs: number };
}
export type SessionReply = SessionAnswers[keyof SessionAnswers] | { error: string };

/** A thread that ONNX Runtime runs in, with one session at most: opening another closes the first. */
export interface SessionThread {
  /** Requests are answered in order. Buffers in `transfer` are gone for the caller. */
  ask<Kind extends keyof SessionAnswers>(
    request: Extract<SessionRequest, { kind: Kind }>,
    transfer?: ArrayBuffer[],
  ): Promise<SessionAnswers[Kind]>;
  /** Waits for what it is doing: to end a thread within ONNX Runtime, also while it loads, aborts the process. */
  close(): Promise<void>;
}

/** Its name tells that it is the installation that is at fault, not the model. */
function loadFailure(cause: Error): Error {
  const name: FailureCode = 'OnnxRuntimeMissing';
  const message = `ONNX Runtime cannot be loaded (${process.platform}, ${process.arch}): ${cause.message}`;
  return Object.assign(new Error(message, { cause }), { name });
}

/** Starts a thread, which loads ONNX Runtime at once, while the caller goes on. */
export function startSessionThread(): SessionThread {
  // From 1.29 on, ONNX Runtime reports to Microsoft what it runs, and keeps an identifier of the machine in the home folder,
  // unless the environment says no before it is loaded. What researchers run is nobody else's business.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  // The bundle has the worker beside it as .mjs; run from source it is the .ts file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';
  const worker = new Worker(new URL(`./session-worker.${extension}`, import.meta.url));
  const waiting: { resolve(reply: SessionReply): void; reject(error: Error): void }[] = [];
  let hasAnswered = false;
  let ended: Error | undefined;
  worker.on('message', (reply: SessionReply) => {
    hasAnswered = true;
    waiting.shift()?.resolve(reply);
  });
  const fail = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on('error', (error) => fail(hasAnswered ? error : loadFailure(error)));
  worker.on('exit', (code) => fail(new Error(`the thread of ONNX Runtime ended by itself, with code ${code}`)));
  // Idle, the thread does not keep the process alive.
  worker.unref();

  async function ask<Kind extends keyof SessionAnswers>(
    request: Extract<SessionRequest, { kind: Kind }>,
    transfer: ArrayBuffer[] = [],
  ) {
    // Nobody would answer: the invocation would wait until its time is up.
    if (ended) throw ended;
    worker.ref();
    try {
      const reply = await new Promise<SessionReply>((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(request, transfer);
      });
      if ('error' in reply) throw new Error(reply.error);
      // The worker answers each request with its own kind of answer.
      return reply as SessionAnswers[Kind];
    } finally {
      if (waiting.length === 0) worker.unref();
    }
  }

  return {
    ask,
    async close() {
      await ask({ kind: 'close' }).catch(() => undefined);
      await worker.terminate();
    },
  };
}
