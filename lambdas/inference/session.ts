import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Arrival } from './arrival.ts';
import { sliceRows } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

/** An input of the graph. Dimensions that are free have a name, or an empty string. */
export interface SessionInput {
  type: string;
  shape: (number | string)[];
}

export interface BatchOutputs {
  outputs: Record<string, TensorValue>;
  /** How many samples were computed at once. */
  rows: number;
  /** Time in which the model waited for rows, ms. */
  waitedMs: number;
}

/** What the graph of a model says of itself. */
export interface ModelGraph {
  inputs: Map<string, SessionInput>;
  outputs: string[];
}

/** A model that is loaded and can be run. */
export interface ModelSession extends ModelGraph {
  /**
   * Computes the named outputs. Feeds in shared memory are read where they are; they must not change until the outputs
   * are there.
   * A batch may still be on its way.
   * @param arrival how many rows of the feeds are there.
   * @param whole rejects when they cannot be had.
   */
  run(
    feeds: Record<string, TensorValue>,
    outputs: string[],
    arrival: Arrival,
    whole: Promise<void>,
  ): Promise<BatchOutputs>;
}

/** The one thread of an environment that models run in. It holds one model: opening another closes the first. */
export interface SessionThread {
  /**
   * Takes the bytes over: they are gone for the caller.
   * @param divisible whether a batch may be computed in slices: not where a sample's output depends on the others.
   * @param external files that the graph has its weights in.
   */
  open(onnx: Uint8Array<ArrayBuffer>, divisible: boolean, external?: ExternalData[]): Promise<ModelSession>;
  close(): Promise<void>;
}

interface ExternalData {
  path: string;
  data: Uint8Array<ArrayBuffer>;
}

export type SessionRequest =
  | { onnx: Uint8Array; threads: number; external: ExternalData[] }
  | { feeds: Record<string, TensorValue>; wanted: string[]; rows: number; arrival: Arrival };
export type SessionReply = { inputs: Map<string, SessionInput>; names: string[] } | BatchOutputs | { error: string };

/** Lambda gives one vCPU per this much configured memory. */
const MB_PER_VCPU = 1769;

/** Threads for one environment: as told, else its share of vCPUs by its memory. */
export function threadCount(env: Record<string, string | undefined> = process.env): number {
  const told = Number(env.STARMAP_THREADS);
  if (Number.isInteger(told) && told > 0) return told;
  const share = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) / MB_PER_VCPU;
  return Math.min(Number.isFinite(share) && share > 1 ? Math.ceil(share) : 1, availableParallelism());
}

/** Starts the thread, which loads ONNX Runtime at once, while the caller goes on. */
export function startSessionThread(threads: number): SessionThread {
  // The bundle has the worker beside it as .mjs; run from source it is the .ts file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';
  const worker = new Worker(new URL(`./session-worker.${extension}`, import.meta.url));
  const waiting: { resolve(reply: SessionReply): void; reject(error: Error): void }[] = [];
  worker.on('message', (reply: SessionReply) => waiting.shift()?.resolve(reply));
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`the thread of ONNX Runtime ended by itself, with code ${code}`)));
  // Idle, the thread does not keep the process alive.
  worker.unref();

  async function ask(request: SessionRequest, transfer: ArrayBuffer[] = []): Promise<SessionReply> {
    worker.ref();
    try {
      const reply = await new Promise<SessionReply>((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(request, transfer);
      });
      if ('error' in reply) throw new Error(reply.error);
      return reply;
    } finally {
      if (waiting.length === 0) worker.unref();
    }
  }

  return {
    async open(onnx, divisible, external = []) {
      const given = [onnx, ...external.map(({ data }) => data)].map(({ buffer }) => buffer);
      const reply = await ask({ onnx, threads, external }, given);
      if (!('inputs' in reply)) throw new Error('the thread did not answer with the inputs of the model');
      return {
        inputs: reply.inputs,
        outputs: reply.names,
        async run(feeds, wanted, arrival, whole) {
          const count = Object.values(feeds)[0]?.shape[0] ?? 0;
          const rows = divisible ? sliceRows(feeds, threads) : count;
          const computing = ask({ feeds, wanted, rows, arrival });
          try {
            const [reply] = await Promise.all([computing, whole]);
            if (!('outputs' in reply)) throw new Error('the thread did not answer with outputs');
            // Where outputs have no row per sample, this model gets whole batches from now on.
            divisible &&= reply.rows === rows;
            return reply;
          } finally {
            // The feeds are in use until then.
            await Promise.allSettled([computing]);
          }
        },
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}
