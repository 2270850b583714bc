import { PREPARED_GRAPH_BYTES } from '../../lib/domain/graph-size.ts';
import { copiesOf, type GraphSupply, sameBytes } from './graph-supply.ts';
import { watchLoad } from './model-load.ts';
import type { ModelGraph, ModelSession } from './session.ts';
import { type Graph, graphBytes, type OnnxGraph, type SessionThread, startSessionThread } from './session-thread.ts';
import { type Sharer, shareBatches } from './share-batches.ts';
import { sliceBytes } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';
import { environmentMemory, sessionCount } from './thread-count.ts';

/** The threads of an environment that models run in. They hold one model: opening another closes the first. */
export interface ModelThreads {
  /**
   * Opens a graph. Takes the bytes over.
   * @param divisible whether a batch may be computed in slices: not where a sample's output depends on the others.
   */
  open(graph: Graph, divisible: boolean): Promise<OpenedModel>;
  /** Prepares a graph for this kind of processor (tune-graph.ts). Takes the bytes over. */
  prepare(graph: OnnxGraph, sample: Record<string, TensorValue>): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export interface OpenedModel {
  session: ModelSession;
  /** Resolves when all threads that load the model at once have done so; it can be run before. */
  settled: Promise<void>;
}

/** Starts the first thread, which loads ONNX Runtime at once, while the caller goes on. */
export function startModelThreads(threads: number, memoryBytes = environmentMemory()): ModelThreads {
  const first = startSessionThread();
  const others: SessionThread[] = [];
  /** What the sessions of these threads read: freed before they are closed, it would be read all the same. */
  const reads = new Map<SessionThread, GraphSupply>();
  /** Of the model that was asked for last. */
  let latest: GraphSupply | undefined;

  /** Opens the graph in a thread, which closes what it had open. */
  async function openOn(thread: SessionThread, supply: GraphSupply, threadsEach: number): Promise<ModelGraph> {
    const described = await supply.lend(
      (graph) => thread.ask({ kind: 'open', graph, threads: threadsEach }, buffersOf(graph)),
      // A thread that comes late would close the next model, and compute with this one in its place.
      () => supply === latest,
    );
    reads.set(thread, supply);
    return described;
  }

  return {
    async open(graph, divisible) {
      // Those of a prepared graph have the weights in common.
      const affordable = 'prepared' in graph ? threads : sessionCount(threads, graphBytes(graph), memoryBytes);
      const sessions = divisible ? affordable : 1;
      const threadsEach = threads / sessions;
      const bytes = sliceBytes(threadsEach);
      const supply = 'prepared' in graph ? sameBytes(graph) : copiesOf(graph, sessions);
      latest = supply;
      // Not sooner: they would take the time that the first one needs to load ONNX Runtime and the graph to arrive
      // (published size, 2 threads: loaded in 128 instead of 153 ms, the first answer after 280 instead of 286).
      const join = async (i: number) => {
        others[i] ??= startSessionThread();
        const thread = others[i];
        try {
          // One that cannot start shall not take the graph with it.
          await thread.ask({ kind: 'close' });
          await openOn(thread, supply, threadsEach);
          return thread;
        } catch (error) {
          console.warn(`a thread cannot share the model: ${String(error)}`);
          return undefined;
        }
      };
      // Of a smaller one, only when it turns out to need them.
      const needed = Promise.withResolvers<void>();
      const load = watchLoad(needed.resolve);
      const atOnce = 'prepared' in graph || graphBytes(graph) >= PREPARED_GRAPH_BYTES;
      if (atOnce) load.call();
      const opened = openOn(first, supply, threadsEach);
      const sharing = Array.from({ length: sessions - 1 }, async (_, i) => {
        if (!atOnce) await needed.promise;
        return join(i);
      });
      const sharers: Sharer[] = [opened.then(() => first, none), ...sharing];
      // What another model needed.
      for (const idle of others.slice(atOnce ? sharing.length : 0))
        idle.ask({ kind: 'close' }).then(() => reads.delete(idle), none);
      const described = await opened;
      return {
        session: { ...described, run: shareBatches(sharers, load, divisible, bytes, described) },
        settled: Promise.all(atOnce ? sharers : sharers.slice(0, 1)).then(collectYoungAlways),
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

/**
 * While V8 marks the old generation, it would not collect the young one but let it grow, to 18 MB instead of 2. What Node
 * has compiled of itself beforehand is used only with V8's own settings: threads start in half the time before this.
 */
async function collectYoungAlways(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--no-separate-gc-phases');
}

const none = () => undefined;

const buffersOf = (graph: Graph): ArrayBuffer[] =>
  'prepared' in graph ? [graph.prepared.buffer] : [graph.onnx.buffer, ...graph.external.map(({ data }) => data.buffer)];
