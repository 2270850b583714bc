import type { ModelSession } from './session.ts';
import { type Graph, graphBytes, type OnnxGraph, type SessionThread, startSessionThread } from './session-thread.ts';
import { shareBatches } from './share-batches.ts';
import { sliceBytes } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';
import { environmentMemory, sessionCount } from './thread-count.ts';

/** The threads of an environment that models run in. They hold one model: opening another closes the first. */
export interface ModelThreads {
  /**
   * Opens a graph: bytes are taken over and gone for the caller, a file is needed until `settled`.
   * @param divisible whether a batch may be computed in slices: not where a sample's output depends on the others.
   */
  open(graph: Graph, divisible: boolean): Promise<OpenedModel>;
  /** Prepares a graph for this kind of processor (tune-graph.ts). Takes the bytes over. */
  prepare(graph: OnnxGraph, sample: Record<string, TensorValue>): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export interface OpenedModel {
  session: ModelSession;
  /** Resolves when all threads that share the model have loaded it; it can be run before. */
  settled: Promise<void>;
}

/** Starts the first thread, which loads ONNX Runtime at once, while the caller goes on. */
export function startModelThreads(threads: number, memoryBytes = environmentMemory()): ModelThreads {
  const first = startSessionThread();
  const others: SessionThread[] = [];

  return {
    async open(graph, divisible) {
      const sessions = divisible ? sessionCount(threads, graphBytes(graph), memoryBytes) : 1;
      // Not sooner: they would take the time that the first one needs to load ONNX Runtime and the graph to arrive
      // (published size, 2 threads: loaded in 128 instead of 153 ms, the first answer after 280 instead of 286).
      while (others.length < sessions - 1) others.push(startSessionThread());
      const threadsEach = threads / sessions;
      const bytes = sliceBytes(graphBytes(graph), threadsEach);
      const openOn = (thread: SessionThread, given: Graph) =>
        thread.ask({ kind: 'open', graph: given, threads: threadsEach }, buffersOf(given));
      const sharing = others.slice(0, sessions - 1);
      // Bytes are given away: all but one get a copy.
      const copies = sharing.map(() => copyOf(graph));
      const opened = openOn(first, graph);
      const sharers = [
        { thread: first, ready: opened.then(yes, no) },
        ...sharing.map((thread, i) => ({ thread, ready: openOn(thread, copies[i] as Graph).then(yes, sayUnopened) })),
      ];
      // What another model needed.
      for (const idle of others.slice(sharing.length)) idle.ask({ kind: 'close' }).catch(no);
      const described = await opened;
      return {
        session: { ...described, run: shareBatches(sharers, divisible, bytes, described) },
        settled: Promise.all(sharers.map(({ ready }) => ready)).then(() => undefined),
      };
    },
    async prepare(graph, sample) {
      return (await first.ask({ kind: 'prepare', graph, sample }, buffersOf(graph))).prepared;
    },
    async close() {
      await Promise.all([first, ...others].map((thread) => thread.close()));
    },
  };
}

const yes = () => true;
const no = () => false;

function sayUnopened(error: Error): boolean {
  console.warn(`a thread cannot share the model: ${error.message}`);
  return false;
}

const buffersOf = (graph: Graph): ArrayBuffer[] =>
  'file' in graph ? [] : [graph.onnx.buffer, ...graph.external.map(({ data }) => data.buffer)];

const copyOf = (graph: Graph): Graph =>
  'file' in graph
    ? graph
    : { onnx: graph.onnx.slice(), external: graph.external.map(({ path, data }) => ({ path, data: data.slice() })) };
